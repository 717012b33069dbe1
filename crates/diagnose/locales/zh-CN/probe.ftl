### 现场探测：发了什么、收到什么、能证明什么、不能证明什么。

probe-no-problem-so-far = 在所及范围内没有发现问题。给出 CAUSEWAY_PSK（或 --psk-file）可继续到登录，再给出 --user NAME 和 CAUSEWAY_PASSWORD 可继续到获得地址；--protocol pptp 不需要密钥。
probe-predicted = Windows 在这里会显示 { $ras }：{ $summary }

probe-name = .
    .sent = 向解析器查询 { $name }
probe-name-found = { $answer }
    .proves = 域名可以解析。以下探测第一个地址。
probe-name-unknown = 没有地址：{ $answer }
    .proves = 没有地址，从这里谁也拨不通这个域名。

probe-route = .
    .sent = 向内核查询到 { $address } 的路由
probe-route-gateway = 从 { $local } 经 { $interface } 发出，下一跳 { $gateway }
    .proves = 本机有路由。能否通到那里，看后面的步骤。
probe-route-link = 从 { $local } 经 { $interface } 直接发出
    .proves = 本机有路由。能否通到那里，看后面的步骤。
probe-route-none = 没有到 { $address } 的路由
    .proves = 从这里什么都发不出去：本机未联网，或者没有默认路由。

probe-echo = .
    .sent = { $sent } 个 ping
probe-echo-answered = 收到 { $received } 个应答（共 { $sent } 个），最快 { $ms } ms
    .proves = 主机存在，来回两个方向都通。
probe-echo-silence = 没有应答
    .proves = 说明不了问题：许多服务器和防火墙会丢弃 ping。

probe-ike-500 = .
    .sent = 向 UDP 500 发送 IKEv1 主模式第一个报文，含 { $count } 个变换，发送了 { $sent } 次
probe-ike-4500 = .
    .sent = 同一报文加上非 ESP 标记，发往 UDP 4500，发送了 { $sent } 次
probe-ike-chosen = 服务器选择了 { $suite }
    .proves = UDP { $port } 上有 IKEv1 服务应答，路径畅通，第一阶段有共同的变换。这不能证明密钥正确。
probe-ike-chosen-vendors = 服务器选择了 { $suite }；它声明了 { $vendors }
    .proves = UDP { $port } 上有 IKEv1 服务应答，路径畅通，第一阶段有共同的变换。这不能证明密钥正确。
probe-ike-chosen-product = 服务器选择了 { $suite }；看起来是 { $product }，声明了 { $vendors }
    .proves = UDP { $port } 上有 IKEv1 服务应答，路径畅通，第一阶段有共同的变换。这不能证明密钥正确。
probe-ike-no-proposal = { $notify }：所提议的一个都不接受（{ $offered }）
    .proves = UDP { $port } 上有 IKEv1 服务应答，但本客户端与服务器没有共同的变换。
probe-ike-notify = 明文的拒绝：{ $notify }
    .proves = UDP { $port } 上有 IKE 服务应答，并拒绝了这个报文。是谁发来的，没有得到证明。
probe-ike-version = 以另一个 IKE 版本应答
    .proves = UDP { $port } 上有 IKE 服务应答，但它不支持 L2TP/IPsec 所需的 IKEv1。
probe-ike-unusable = 应答不合要求：{ $said }
    .proves = UDP { $port } 上有程序应答，但任何客户端都无法继续下去。
probe-ike-closed = 来自 { $from } 的 ICMP { $icmp }
    .proves = 主机存在，但没有程序监听 UDP { $port }，或者是防火墙这样回应。
probe-ike-icmp = 来自 { $from } 的 ICMP { $icmp }
    .proves = 途中有设备不让 UDP { $port } 通过，或者主机不存在。
probe-ike-silence = 没有应答
    .proves = 防火墙丢弃了 UDP { $port }，或者主机不存在，或者它不应答本机地址。无法区分是哪一种。
probe-ike-4500-silence = 没有应答
    .proves = UDP 4500 在途中被丢弃，或者这台服务器只在 UDP 500 上接受第一个报文。NAT 后面的客户端需要 UDP 4500。

probe-nat = .
    .sent = 主模式第三个报文，带有双方地址的哈希
probe-nat-none = 两端都不在 NAT 后面
    .proves = ESP 以 IP 协议 50 传输，途中的防火墙必须放行。
probe-nat-here = 本端在 NAT 后面，服务器不在
    .proves = ESP 封装在 UDP 4500 中传输。
probe-nat-there = 服务器在 NAT 后面
    .proves = ESP 封装在 UDP 4500 中传输。Windows 默认拒绝这样的服务器，除非设置注册表值。
probe-nat-both = 两端都在 NAT 后面
    .proves = ESP 封装在 UDP 4500 中传输。Windows 默认拒绝这样的服务器，除非设置注册表值。
probe-nat-unsupported = 服务器不支持 NAT 穿越
    .proves = NAT 后面的客户端无法连接。
probe-nat-notify = 明文的拒绝：{ $notify }
    .proves = 服务器在选定变换之后就停下了。
probe-nat-silence = 没有应答
    .proves = 较大的报文丢失，或者服务器停下了：收到了第二个报文，没有收到第四个。

probe-ikev2 = .
    .sent = 向 UDP 500 发送 IKEv2 的 IKE_SA_INIT
probe-ikev2-speaks = 以 IKEv2 应答
    .proves = 服务器也支持 IKEv2。L2TP/IPsec 不使用它。
probe-ikev2-no-proposal = NO_PROPOSAL_CHOSEN
    .proves = 服务器也支持 IKEv2，只是变换不同。L2TP/IPsec 不使用它。
probe-ikev2-refused = 拒绝了该版本
    .proves = 服务器不支持 IKEv2。L2TP/IPsec 不需要它。
probe-ikev2-notify = 通知 { $notify }
    .proves = 服务器支持 IKEv2，但拒绝了这个报文。L2TP/IPsec 不使用它。
probe-ikev2-icmp = ICMP { $icmp }
    .proves = 没有程序监听 IKEv2。
probe-ikev2-silence = 没有应答
    .proves = 服务器不支持 IKEv2，或者不应答陌生人。L2TP/IPsec 不需要它。

probe-transforms = .
    .sent = 逐个尝试第一阶段的变换，共 { $tried } 个，每秒十个
probe-transforms-accepted = 接受：{ $accepted }；拒绝：{ $refused }
    .proves = 提议了其中任一被接受变换的客户端，能通过第一个报文。
probe-transforms-accepted-silent = 接受：{ $accepted }；拒绝：{ $refused }；没有应答：{ $silent }
    .proves = 提议了其中任一被接受变换的客户端，能通过第一个报文。这台服务器似乎以不应答表示拒绝。
probe-transforms-limited = 接受：{ $accepted }；拒绝：{ $refused }；没有应答：{ $silent }；没有尝试：{ $untried }
    .proves = 最后，服务器对先前应答过的也不再应答：它限制陌生人的请求，所以没有应答的变换也可能被接受。
probe-transforms-none = 一个都不接受；拒绝：{ $refused }；没有应答：{ $silent }
    .proves = 服务器要的变换不在其中，或者要另一种身份验证方式。
probe-transforms-stopped = 一个都不接受；拒绝：{ $refused }；没有应答：{ $silent }；没有尝试：{ $untried }
    .proves = 服务器对哪一个都不应答，所以没有再试其余的。

probe-aggressive = .
    .sent = IKEv1 野蛮模式第一个报文，含 { $suite } 和一个身份标识
probe-aggressive-exposed = 收到第二个报文，带有预共享密钥的哈希
    .proves = 任何人都能取得这个哈希，再离线猜测密钥。
probe-aggressive-refused = { $notify }
    .proves = 服务器不应答野蛮模式，这是正确的。
probe-aggressive-silence = 没有应答
    .proves = 服务器不为这个身份标识应答野蛮模式，这是正确的。

probe-l2tp-clear = .
    .sent = 不带 IPsec 的 L2TP，向 UDP 1701 发送一次 SCCRQ
probe-l2tp-clear-accepted = 收到来自 { $host }（{ $vendor }）的 SCCRP
    .proves = 服务器允许建立毫无保护的隧道。该隧道已重新关闭。
probe-l2tp-clear-refused = StopCCN，结果码 { $result }
    .proves = 从外部不经 IPsec 就能访问 L2TP 服务，只是它拒绝了。
probe-l2tp-clear-other = 收到另一种 L2TP 消息
    .proves = 从外部不经 IPsec 就能访问 L2TP 服务。
probe-l2tp-clear-icmp = ICMP { $icmp }
    .proves = UDP 1701 对陌生人关闭，这是正确的。
probe-l2tp-clear-silence = 没有应答
    .proves = 正常，也应当如此：使用 IPsec 时 L2TP 封装在 ESP 中，UDP 1701 不需要从外部可达。

probe-pptp = .
    .sent = 连接 TCP 1723，发送 PPTP 的 Start-Control-Connection-Request
probe-pptp-up = 控制连接已建立；厂商 { $vendor }，主机 { $host }，固件 { $firmware }
    .proves = 有 PPTP 服务应答。这不能证明 GRE 能通过。
probe-pptp-refused = 请求被拒绝：{ $result }；厂商 { $vendor }，固件 { $firmware }
    .proves = 有 PPTP 服务应答，但不接受来自这里的连接。
probe-pptp-not-pptp = 端口开放，但应答的不是 PPTP
    .proves = TCP 1723 被另一个服务占用。
probe-pptp-mute = 端口开放，但没有回复
    .proves = 有程序接受了连接，却不使用 PPTP：可能是防火墙、代理，或者卡住的服务。
probe-pptp-closed = 连接被拒绝
    .proves = 主机存在，但没有 PPTP 服务在监听。只提供 L2TP 的服务器不需要它。
probe-pptp-unreachable = 到 TCP 1723 不可达
    .proves = 这是某台路由器或防火墙的答复。
probe-pptp-silence = 没有应答
    .proves = 防火墙丢弃了 TCP 1723，或者主机不存在。只提供 L2TP 的服务器不需要它。

probe-pptp-call = .
    .sent = PPTP 的 Outgoing-Call-Request，然后在 GRE 中发送 PPP 的 Configure-Request
probe-pptp-call-gre = 呼叫被接受，并收到了 GRE
    .proves = GRE 双向畅通。
probe-pptp-call-no-gre = 呼叫被接受，但没有收到 GRE
    .proves = GRE（IP 协议 47）在去程或回程被丢弃。
probe-pptp-call-one-way = 呼叫被接受，也收到了 GRE（{ $received } 个数据包），但其中没有一个应答或确认所发送的内容
    .proves = GRE（IP 协议 47）从服务器到这里畅通，但在去程被丢弃。
probe-pptp-call-cut = 呼叫被接受，但服务器在任何 GRE 到来之前就结束了它
    .proves = 服务器上承载 PPP 的程序根本没有启动：原因见服务器日志。
probe-pptp-call-icmp = 呼叫被接受，但 GRE 得到来自 { $from } 的 ICMP { $icmp }
    .proves = 答复者不让 GRE（IP 协议 47）通过：可能是防火墙，也可能是服务器上没有程序接收它。
probe-pptp-call-refused = 呼叫被拒绝：{ $result }
    .proves = 该服务目前不接受呼叫。
probe-pptp-call-silence = 呼叫没有得到答复
    .proves = 该服务在第一次答复之后就停下了。
probe-pptp-call-not-tried = 没有尝试：GRE 需要原始套接字（CAP_NET_RAW）
    .proves = GRE 能否通过尚不清楚。以 root 身份运行即可得知。

probe-pptp-link = .
    .sent = 呼叫中的 PPP：链路选项
probe-pptp-link-up = 链路已协商一致；服务器要求 { $methods }
    .proves = 服务器上 PPP 正在运行，并且有双方都支持的身份验证方法。
probe-pptp-link-open = 链路已协商一致；服务器不要求登录
    .proves = 服务器上 PPP 正在运行，并且允许任何人进入。
probe-pptp-link-failed = RAS 错误 { $ras }：{ $text } 服务器要求 { $methods }。{ $detail }
    .proves = GRE 能通过，但 PPP 没有建立。
probe-pptp-cut = 服务器结束了呼叫
    .proves = 连接到此为止。结束的原因见服务器日志。

probe-pptp-log-on = .
    .sent = 用户登录，只试一次
probe-pptp-log-on-up = 用户被接受，方法为 { $method }
    .proves = 用户名和密码正确，该用户可以拨入。
probe-pptp-log-on-none = 服务器不要求登录
    .proves = 任何人都能进入。
probe-pptp-log-on-unasked = 服务器要求密码，但没有给出密码
    .proves = 登录之前的一切都正常。给出 --protocol pptp --user NAME 和 CAUSEWAY_PASSWORD 可以继续。

probe-pptp-encryption = .
    .sent = 不加密的 PPP：本探测没有 MPPE
probe-pptp-encryption-required = 此服务器要求 MPPE（{ $mppe }）；登录本身已被接受
    .proves = 服务器这样要求是正确的：有 MPPE 的客户端可以由此继续，没有的无法连接。
probe-pptp-encryption-offered = 服务器要求 MPPE（{ $mppe }），但没有也可以
    .proves = 不加密的客户端也能进入：监听者能读到它们发送的内容。
probe-pptp-encryption-none = 服务器不要求加密
    .proves = 不加密的客户端能进入：监听者能读到它们发送的内容。服务器会不会为要求加密的客户端加密，没有测试。

probe-pptp-address = .
    .sent = PPP：地址和DNS 服务器
probe-pptp-address-up = 地址 { $address }，服务器的内部地址 { $peer }，DNS 服务器 { $dns }
    .proves = 连接曾经建立，现已重新断开。没有测试它后面的网络。

probe-pptp-methods = .
    .sent = 短呼叫，每次建议一种身份验证方法：{ $calls } 次；不发送用户名和密码
probe-pptp-methods-pap = 服务器接受 { $offered }；不接受 { $refused }
    .proves = 在 PPTP 上，沿途的任何人都能读到密码。除非在连接的安全页中勾选，Windows 不使用 PAP。
probe-pptp-methods-none = 服务器不要求任何人验证身份
    .proves = 任何人都能进入。

probe-phase1 = .
    .sent = 用预共享密钥进行主模式协商
probe-phase1-up = 服务器证明了它知道该密钥
    .proves = 预共享密钥正确，双方都接受对方的身份。

probe-quick-mode = .
    .sent = 快速模式：为 L2TP 协商传输模式的 ESP
probe-quick-mode-raw = 安全关联已建立，ESP 使用 IP 协议 50
    .proves = 第二阶段有共同的变换。这还不能证明 ESP 能通过。
probe-quick-mode-udp = 安全关联已建立，ESP 封装在 UDP 4500 中
    .proves = 第二阶段有共同的变换。这还不能证明 ESP 能通过。

probe-l2tp = .
    .sent = ESP 内的 L2TP：隧道的第一条消息
probe-l2tp-up = 服务器应答，隧道已建立
    .proves = ESP 双向畅通，L2TP 服务正在运行。

probe-l2tp-call = .
    .sent = L2TP：呼叫
probe-l2tp-call-up = 呼叫被接受
    .proves = 服务器有空闲端口接受该呼叫。

probe-link = .
    .sent = PPP：链路选项
probe-link-up = 链路已协商一致
    .proves = 服务器上 PPP 正在运行，并且有双方都支持的身份验证方法。

probe-log-on = .
    .sent = 用户登录，只试一次
probe-log-on-up = 用户被接受
    .proves = 用户名和密码正确，该用户可以拨入。
probe-log-on-unasked = 服务器要求密码，但没有给出密码
    .proves = 登录之前的一切都正常。给出 --user NAME 和 CAUSEWAY_PASSWORD 可以继续。
probe-log-on-failed = RAS 错误 { $ras }：{ $text } { $detail }
    .proves = 服务器拒绝了这次登录。只试了一次；再多试几次，许多服务器会锁定账户。

probe-address = .
    .sent = PPP：地址和DNS 服务器
probe-address-up = 地址 { $address }，服务器的内部地址 { $peer }，DNS 服务器 { $dns }；以 { $method } 登录
    .proves = 连接已建立。通过它能到达哪里，由后面的步骤回答。

probe-methods = .
    .sent = 短呼叫，每次建议一种身份验证方法：{ $calls } 次；不发送用户名和密码
probe-methods-found = 服务器接受 { $offered }；不接受 { $refused }
    .proves = 客户端只能用前者之一登录。
probe-methods-pap = 服务器接受 { $offered }；不接受 { $refused }
    .proves = 除非在连接的安全页中勾选，否则 Windows 不使用 PAP。在 IPsec 内，密码在途中受到保护；服务器看到的是原样的密码。
probe-methods-partly = 服务器接受 { $offered }；不接受 { $refused }；未查明：{ $unknown }
    .proves = 服务器没有回答所有建议：未查明的方法无法判断。
probe-methods-none = 服务器不要求任何人进行身份验证
    .proves = 有预共享密钥的人都能进入。要求服务器证明身份的客户端会拒绝这样的服务器。

probe-encryption = .
    .sent = 客户端与服务器商定的内容，以及 PPP 是否也要加密
probe-encryption-strong = IKE { $ike }；ESP { $esp }（{ $way }）；{ $ppp }
    .proves = 在 L2TP/IPsec 中由 IPsec 加密。其中没有已知可被破解的部分。
probe-encryption-aging = IKE { $ike }；ESP { $esp }（{ $way }）；{ $ppp }
    .proves = 在 L2TP/IPsec 中由 IPsec 加密。{ $aging } 在这里的用法仍然可靠；新的设置应使用 SHA-2。
probe-encryption-weak = IKE { $ike }；ESP { $esp }（{ $way }）；{ $ppp }
    .proves = 在 L2TP/IPsec 中由 IPsec 加密，而这里用的是 { $weak }，资源充足的攻击者能够破解。
probe-ppp-nothing = 服务器不要求 PPP 加密
probe-ppp-compression = 服务器要求 PPP 压缩，已被拒绝
probe-ppp-encryption = 服务器还要求 PPP 加密（MPPE），已被拒绝：在 IPsec 内它没有任何作用

probe-inner-echo = .
    .sent = 通过隧道发送不允许分片、逐渐增大的 ping
probe-inner-echo-all = { $to } 应答了所有大小：{ $passed } 字节
    .proves = 满长度的数据包能双向通过隧道。
probe-inner-echo-some = { $to } 应答了 { $passed } 字节，没有应答 { $lost }
    .proves = 大数据包消失了：ping 正常，网页却卡住。
probe-inner-echo-none = { $to } 没有应答任何 ping
    .proves = 什么也不能证明：服务器可能丢弃 ping。

probe-inner-dns = .
    .sent = 通过隧道向服务器给出的DNS 服务器提问
probe-inner-dns-answered = { $server } 应答：{ $answer }
    .proves = 通过隧道可以到达DNS 服务器。
probe-inner-dns-silence = { $server } 没有应答：{ $answer }
    .proves = 程序能到达地址，但不能解析域名。

probe-reach = .
    .sent = 按要求通过隧道发送 ping 或建立 TCP 连接
probe-reach-ping = { $to } 在 { $answer } 毫秒内应答
    .proves = 服务器后面的网络可以到达，回程也畅通。
probe-reach-open = { $to } 接受了连接
    .proves = 服务器后面的服务可以到达，回程也畅通。
probe-reach-refused = { $to } 拒绝了连接
    .proves = 服务器后面的主机可以到达，回程也畅通；该端口上没有服务监听。
probe-reach-failed = { $to }：{ $answer }
    .proves = 要么去程或回程没有路，要么是过滤器或主机本身不应答。

probe-up = .
    .sent = 连接已建立
probe-call-failed = RAS 错误 { $ras }：{ $text } { $detail }
    .proves = 连接到这一步为止。
probe-call-out-of-time = 没有剩余时间了
    .proves = 什么也不能证明：用 --timeout 可以给更多时间。

probe-hang-up = .
    .sent = 连接已结束
probe-hang-up-done = 服务器已知道，或已给了它足够的时间
    .proves = 这次尝试在服务器上什么也没有留下。

probe-warning-aggressive = 服务器用预共享密钥应答野蛮模式：任何来询问的人都能离线猜测密钥。请只允许主模式。
probe-warning-clear = 服务器接受没有 IPsec 的 L2TP：密码和流量会以可读的形式经过网络。请只允许在 IPsec 中使用 UDP 1701。
probe-warning-weak = 服务器接受资金充足的攻击者能够破解的变换（3DES、MD5、1024 位或 1536 位的组）。只在旧客户端还需要时保留它们。
probe-warning-agreed = 客户端与服务器商定了资源充足的攻击者能够破解的算法，尽管客户端优先提供了更好的：服务器不支持更好的，或偏好它。
probe-warning-pptp = PPTP 已被攻破：监听者能得出密码的哈希。只在别无他法时使用。
probe-warning-pptp-pap = 服务器在 PPTP 上接受 PAP：沿途的监听者能读到使用它的人的密码。请在服务器上关闭它。
