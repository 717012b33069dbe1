### 解决办法。命令在 src/remedy.rs 中。

fix-check-route = 在客户端检查默认路由，以及网络是否要求在认证页面登录。
fix-check-name = 在客户端解析该域名，并与另一台 DNS 服务器的结果对比；改正服务器地址或 DNS 记录。
fix-check-address = 核对所拨的地址与服务器当前的地址；启动服务器，或者改正地址。
fix-open-udp-500-4500 = 在沿途的每台防火墙和路由器上放行去往服务器的 UDP 500 和 UDP 4500，以及它们的应答。不要向互联网开放 UDP 1701：使用 IPsec 时它封装在里面。
fix-linux-open-ipsec = 在使用 nftables 的 Linux 服务器上放行 IPsec。
fix-windows-open-ipsec = 在 Windows 服务器的防火墙中放行 IPsec。
fix-security-software = 客户端上的安全软件可能会丢弃 IKE：暂时关闭其防火墙，拨号一次；如果确实是它，就重新打开，并为 UDP 500 和 4500 添加例外。
    .price = 关闭期间，该软件不再保护这台机器。
fix-forward-4500 = 在服务器前面的路由器上，把 UDP 4500 和 UDP 500 都转发给服务器；关闭“IPsec 穿透”或 IPsec ALG，许多路由器的这项功能会破坏 NAT 穿越。“PPTP 穿透”对 L2TP 不起作用。
fix-open-esp = 在沿途的每台防火墙上双向放行去往服务器的 IP 协议 50（ESP）。
fix-force-udp = 让 ESP 走 UDP 封装，这样协议 50 不通的地方也能通过：Causeway 用 force_udp，strongSwan 用 forceencaps=yes，libreswan 用 encapsulation=yes。
fix-open-tcp-1723 = 在沿途的每台防火墙上双向放行去往服务器的 TCP 1723 和 IP 协议 47（GRE）。
fix-pptp-passthrough = 在路由器上启用“PPTP 穿透”。Linux 路由器要加载连接跟踪助手，并用于端口 1723。
fix-leave-pptp = 更好的办法：从 PPTP 换成 L2TP/IPsec，它只需要 UDP 500 和 4500，而且没有被攻破。
fix-ike-fragmentation = 在两端启用 IKE 分片（RFC 7383；IKEv1 用 fragmentation=yes），或者在沿途的防火墙上放行 IP 分片。
fix-smaller-certificates = 使用更小的证书：用椭圆曲线，证书链不要比需要的更长。
fix-lower-mtu = 在服务器上把隧道的 MTU 降到 1400 或更小，或者在那里限制 TCP 的 MSS。
fix-permit-too-big = 在沿途的防火墙上放行 ICMP 的“fragmentation needed”和“packet too big”；没有它们，任何机器都无从得知正确的包长。
fix-keepalive = 让客户端每 20 秒发送一次 keepalive，并把 NAT 的 UDP 超时调到比这更长。
fix-reconnect = 重新拨号。如果经常断开，找出每次断开时间的共同点。
fix-find-port-owner = 找出占用端口的程序，停止它，或者给它换一个端口。
fix-offer-strong = 在客户端提供 AES-256、SHA-256 或 SHA-1，以及 2048 位或更大的组。Windows 的 L2TP 本来就提供这些；它的 IKEv2 默认只提供 1024 位组，除非把 NegotiateDH2048_AES256 设为 1，或者用 Set-VpnConnectionIPsecConfiguration 设置了策略。
fix-server-stock-proposals = 在服务器上允许系统自带客户端所提供的算法：AES-256 或 AES-128，SHA-1 或 SHA-256，以及 MODP2048、ECP256 或 ECP384。
fix-server-legacy = 只有当客户端实在不支持更好的算法时，才在服务器上允许 3DES 和 1024 位组。
    .price = 资源雄厚的攻击者可以解密这些客户端的流量；请只限于一个监听或连接使用，并尽快淘汰这些客户端。
fix-esp-stock-proposals = 在服务器上为 ESP 允许 AES 加 SHA-1 或 SHA-256（校验值 128 位），或者 AES-GCM，使用传输模式。
fix-same-key = 在两端输入相同的预共享密钥。以文本方式复制；区分大小写，末尾的空格也算。
fix-plain-key = 选一个至少 20 位、只含字母和数字的密钥，在两端设置。
fix-key-for-any = 在服务器上为地址不固定的客户端设置密钥；在 strongSwan 和 libreswan 中写作“%any %any : PSK”。
fix-client-key = 在客户端输入预共享密钥：Windows 在“属性”→“安全”→“高级设置”中。
fix-identity-any = 让客户端接受服务器的身份标识（strongSwan 用 rightid=%any），或者让服务器使用客户端期望的标识（leftid）。
fix-issue-machine-certificate = 为这台计算机颁发带私钥的证书，装入本地计算机的证书存储，再重新拨号。
fix-configure-certificate = 在守护进程的配置中填写实际存在的证书文件及其私钥。
fix-trust-root = 在拒绝证书的机器上，把颁发证书的根证书导入受信任的根证书颁发机构，中间证书也一并导入。
    .price = 此后该机器会信任这家机构颁发的一切证书；只导入自己管理或确实了解的机构。
fix-certificate-name = 重新颁发服务器证书，把客户端所拨的名称写入使用者可选名称；或者按证书上的名称拨号。
fix-certificate-usage = 颁发证书时，服务器带上 serverAuth（1.3.6.1.5.5.7.3.1），客户端带上 clientAuth（1.3.6.1.5.5.7.3.2）；有些服务器两者都要。
fix-renew-certificate = 更新证书，并用 NTP 校准两台机器的时钟。
fix-nat-t-both = 在不支持的一方启用 NAT 穿越，或者升级那一方。
fix-server-public-address = 给服务器一个自己的公网地址；这样客户端就不用改注册表了。
fix-windows-assume-udp = 在 Windows 客户端上允许与 NAT 后面的服务器建立 IPsec，然后重启 Windows。这个值要写在 PolicyAgent 下（Windows XP 写在 IPSec 下），写在别处不起作用。
    .price = 此后 Windows 也会与地址被 NAT 隐藏的服务器建立安全关联，所以只在需要的机器上设置。
fix-clients-by-association = 使用按安全关联而不是按地址和端口区分客户端的服务器：strongSwan 用 connmark 插件，libreswan 用 overlapip=yes，Causeway 无需任何设置。
fix-one-behind-nat = 在此之前，让其中一个客户端改用别的方式连接，例如 IKEv2 或 SSTP。
fix-selectors-l2tp = 在服务器上允许本端为 UDP 1701、客户端为任意端口（leftprotoport=17/1701，rightprotoport=17/%any）。
fix-no-pfs = 服务器的 ESP 不要要求组：libreswan 用 pfs=no，strongSwan 的 esp 提议里不写组。
fix-enable-ikev1 = 在服务器上为 L2TP/IPsec 启用 IKEv1（keyexchange=ikev1 或 ikev2=no），或者改用 IKEv2 拨号。
fix-main-mode = 把双方都设为主模式。
fix-windows-update = 安装最新的 Windows 更新：KB5010793（Windows 10）或 KB5010795（Windows 11）以及之后的更新都已修复。
fix-server-less-vendor-ids = 让服务器不发送不必要的厂商 ID。
fix-update-server = 升级服务器软件。
fix-update-both = 把双方都升级到当前版本；如果问题依旧，附上抓包和双方版本向厂商报告。
fix-longer-lifetimes = 把双方的密钥有效期设得一致，客户端略短于服务器；只有在一方不支持更新密钥时，才只在另一方启用。
fix-sha2-128 = ESP 改用 AES-GCM、SHA-1 或 SHA-512，或者为这些客户端更正截断长度（sha2-truncbug、sha256_96）。更好的办法：升级旧客户端。
fix-protect-any-port = 在客户端让策略保护任意源端口（leftprotoport=17/%any）：这样 L2TP 无论从哪个端口发出都受保护。
fix-restore-policies = 如果某台机器有安全关联却没有策略，请重启它的 IPsec 服务：策略被什么清空了。
fix-free-1701 = 在客户端停止另一个 L2TP 服务，让 L2TP 从策略所保护的端口发出。
fix-windows-permit-ipsec = 在 Windows 客户端上让 L2TP 重新使用 IPsec，然后重启 Windows。
fix-start-l2tp = 在服务器上启动 L2TP 服务，让它监听 UDP 1701。
fix-permit-1701-inside = 在服务器上只放行从 IPsec 解密出来的 UDP 1701，其他来源一律不放行。
fix-no-tunnel-secret = 在服务器上关闭 L2TP 隧道密码（challenge = no）：在 IPsec 中它没有额外作用，而且 Windows 不支持。
fix-read-server-log = 查看服务器在同一秒的日志：真正的原因就在那里，通常来自 PPP。
fix-more-ports = 提高这种隧道类型的连接数上限，并清除已失效的连接。
fix-enable-tunnel-type = 在服务器上启用这种隧道类型，或者改拨已启用的类型。
fix-start-pppd = 查明服务器的 PPP 为什么没有启动：用同样的选项手动运行。
fix-common-auth = 在两端允许 MS-CHAPv2；PAP 和 CHAP 只能在 IPsec 中使用。Windows 的选项在“属性”→“安全”中。
fix-fix-loop = 找到并断开环路：网桥、镜像端口，或者把数据包送回的设备。
fix-check-credentials = 手动重新输入用户名和密码，注意键盘布局和大写锁定。在服务器上核对该账户，并重设密码。
fix-other-spelling = 换一种用户名写法：user、DOMAIN\user 或 user@domain；让服务器与客户端统一用一种。
fix-unlock-account = 解锁账户，并找出还在用旧密码尝试的设备。
fix-enable-account = 如果允许该用户登录，启用该账户。
fix-extend-account = 如果允许该用户登录，延长账户的到期日。
fix-change-password = 请用户在办公室的电脑上修改密码，或者由管理员修改。
fix-extend-hours = 放宽账户或策略允许的时段，或者在允许的时段内拨号。
fix-grant-dialin = 在账户中允许远程访问，或者把用户加入策略所授权的组。
fix-rras-domain = 要从域中读取这些信息的 Windows 服务器必须加入该域，其计算机账户要在域的“RAS and IAS Servers”组中（安全组，本地域），该组对“RAS and IAS Servers Access Check”对象要有读取权限。更改后重启服务器。NT 4 时代的教程让人把 Everyone 加入“Pre-Windows 2000 Compatible Access”，这会让所有人都能读取目录，请不要这样做。
fix-fix-policy = 添加或修改策略，使它与该用户、隧道类型和时间匹配，并注意策略的顺序。
fix-fix-constraint = 修改造成拒绝的约束，或者按它的要求拨号；服务器日志中的原因码指明了是哪一项。
fix-enable-method = 在服务器设置中启用策略要求的方法，或者修改策略。
fix-ntlmv2-compat = 让远程访问服务器用 NTLMv2 验证 MS-CHAPv2（KB2811487），然后重启它的服务。
fix-start-radius = 启动 RADIUS 服务器，改正 VPN 服务器上填写的地址和端口（1812）；在两者之间放行 UDP 1812 和 1813。
fix-same-radius-secret = 在两台服务器上输入相同的 RADIUS 共享机密。
fix-add-radius-client = 把 VPN 服务器发出请求所用的地址加入 RADIUS 服务器的客户端列表。
fix-send-message-authenticator = 升级 VPN 服务器，使它发送 Message-Authenticator。
fix-not-require-message-authenticator = 在此之前，让 RADIUS 服务器不对这个客户端强制要求它（require_message_authenticator = no）。
    .price = 位于两台服务器之间的攻击者可以伪造 RADIUS 应答，从而通过验证（CVE-2024-3596）；请把两者放在受保护的网络中。
fix-common-eap = 让客户端、服务器和策略统一使用一种 EAP 类型，并安装所需的证书。
fix-tls-12 = 在双方启用 TLS 1.2，或者升级较旧的一方。
fix-publish-ntauth = 把颁发机构的证书放入 NTAuth 存储。
fix-mppe-both = 使用 PPTP 时：在拒绝的一方启用 128 位 MPPE，并在那里加载相应的内核模块。
fix-mppe-off-in-ipsec = 使用 L2TP/IPsec 时：不要强制 PPP 加密，IPsec 已经加密了。Windows 选择“可选加密”。
fix-mppe-128 = 在双方都允许 128 位和无状态模式。
fix-mschapv2-for-mppe = 使用能产生密钥的 MS-CHAPv2 或 EAP-MSCHAPv2 进行身份验证。
fix-larger-pool = 扩大客户端的地址范围，清除已失效的会话；可以用 echo 请求来发现它们。
fix-configure-pool = 给服务器配置一个客户端地址范围，或者修复它的 DHCP。
fix-enable-ipcp = 在拒绝的一方，于 PPP 选项中启用 IPv4。
fix-windows-reset-ip = 在出问题的那台 Windows 上，先查看 TCP/IP（ms_tcpip）是否绑定到各个 WAN Miniport，再重置 TCP/IP。手工填写的地址会随之丢失，可用导出的文件恢复。
fix-windows-rebuild-miniports = 如果还不行，就让 Windows 重建 WAN Miniport：在设备管理器中卸载各个“WAN Miniport”设备，然后扫描硬件改动。最后的办法是 netcfg -d，它会把本机所有网络适配器、虚拟交换机和其他 VPN 一并移除，请先记下它们的设置。有的教程让人删除 DriverDesc、再给微型端口强装蓝牙驱动，效果相同，风险却更大。
fix-fix-dhcp = 查明 DHCP 为什么不应答服务器，或者给服务器配置静态地址范围。
fix-other-range = 给客户端分配的地址范围，不要与客户端所在的任何网段重叠。
fix-return-route = 在服务器后面的主机或其网关上，添加经由该服务器到客户端地址的路由；或者让服务器做 NAT。
fix-host-route = 在客户端上保留一条不经隧道、到服务器公网地址的路由。
fix-enable-forwarding = 在服务器上开启转发，并使其永久生效。
fix-permit-forwarding = 在转发规则中放行来自隧道的流量；没有回程路由的，再做 NAT。
fix-tunnel-dns = 让服务器下发一个客户端访问得到的 DNS 服务器，并让客户端使用它。
fix-windows-start-services = 在 Windows 客户端上启动 IPsec 所需的服务，并设置启动类型，让它们需要时能自动启动。
fix-start-server = 在服务器上启动 VPN 服务，并查明它们为什么停止。
fix-update-weak = 升级只支持弱算法的那一方。
fix-windows-weak = 实在没有别的办法时，才在 Windows 中允许弱算法。
    .price = 这台机器的所有 L2TP 连接都会重新允许 DES 和 MD5；这样的流量可以被解密。
fix-load-modules = 加载这些模块，把它们移出黑名单，并安装包含它们的软件包。
fix-make-dev-ppp = 创建该设备，或者把它传入容器。
fix-update-or-return = 升级到没有该缺陷的版本；在此之前先退回上一个版本。
fix-move-registry-value = 先判断是否真的需要这个值：其中几个会降低机器的安全性。如果需要，请设置在正确的项下，从错误的项中删除，然后重启 Windows。
fix-mend-configuration = 改正程序指出的那一行，再重新启动它。

# 应在哪里修改。

at-client = 客户端
at-server = 服务器
at-either = 客户端或服务器
at-path = 两者之间的网络
at-that-side = 出现该问题的一方
at-that-host = 出现该问题的机器
at-user = 用户
at-administrator = 管理员
at-certificate = 证书颁发者
at-nobody = 无需任何人处理
