### 看到的事实，每种事实一句话。$who 是 who-* 之一；名称、数字、地址和来源原文照原样放入。

who-client = 客户端
who-server = 服务器
who-here = 本端
who-there = 对端
not-said = 未说明

# 一句话加上来源自己的原文。
fact-said = { $fact }：{ $said }

## IKE 报文的名称。

exchange-main-mode = 主模式第 { $number } 条
exchange-aggressive-mode = 野蛮模式第 { $number } 条
exchange-quick-mode = 快速模式第 { $number } 条
exchange-quick-mode-some = 快速模式
exchange-informational = 信息交换
exchange-transaction = 事务交换
exchange-other = 某条 IKE 报文
exchange-request = { $name } 请求
exchange-response = { $name } 响应
sent-nothing = 无
sent-times = { $message } ×{ $times }

## IKE。

fact-ike-message = { $who }发送 IKE 报文“{ $message }”
fact-ike-message-again = { $who }再次发送 IKE 报文“{ $message }”
fact-ike-offered = { $who }为第 { $phase } 阶段提议：{ $suites }
fact-ike-accepts = { $who }在第 { $phase } 阶段只接受：{ $suites }
fact-ike-chosen = 第 { $phase } 阶段商定：{ $suite }
fact-ike-no-common-suite = 对方为第 { $phase } 阶段提议的组合中，{ $who }没有一个能接受
fact-ike-suite-unsupported = { $who }不支持算法 { $name }
fact-ike-notify = { $who }发出通知 { $kind }
fact-ike-vendor = { $who }声明：{ $name }
fact-ike-nat-forced = NAT 检测：有一端假称自己在 NAT 后面，使 ESP 封装在 UDP 中
fact-ike-nat-both = NAT 检测：客户端和服务器都在 NAT 后面
fact-ike-nat-client = NAT 检测：客户端在 NAT 后面
fact-ike-nat-server = NAT 检测：服务器在 NAT 后面
fact-ike-nat-none = NAT 检测：途中没有 NAT
fact-ike-nat-not-client = NAT 检测：客户端不在 NAT 后面
fact-ike-nat-not-server = NAT 检测：服务器不在 NAT 后面
fact-ike-nat-unknown = 进行了 NAT 检测
fact-ike-repeated = 没有收到任何回应，{ $who }重发“{ $message }”
fact-ike-gave-up = { $who }不再等待应答
fact-ike-gave-up-after = { $who }不再等待对“{ $message }”的应答
fact-ike-stood = 客户端最后发出：{ $client }；服务器最后发出：{ $server }；之后 { $seconds } 秒没有任何报文
fact-ike-half-open-expired = { $who }丢弃了对方始终没有完成的协商
fact-ike-undecryptable = { $who }无法解密一条报文，其密钥取决于预共享密钥
fact-ike-hash-wrong = { $who }发现证明对方密钥或身份的哈希值不正确
fact-ike-no-shared-key = { $who }没有用于该对端的预共享密钥
fact-ike-key-quotation-marks = { $who }的预共享密钥中或其外有排版引号
fact-ike-key-not-ascii = { $who }的预共享密钥含有 ASCII 以外的字符，各种客户端编码不一致
fact-ike-key-blanks = { $who }的预共享密钥首尾有空格
fact-ike-key-marks = { $who }的预共享密钥含有引号或反斜杠
fact-ike-no-connection = { $who }的配置中没有与请求相符的连接
fact-ike-mode-refused = { $who }不接受这种模式
fact-ike-version-refused = { $who }不接受 IKE 第 { $version } 版
fact-ike-identity = { $who }声明自己的身份标识为 { $identity }
fact-ike-identity-refused = { $who }不接受对方的身份标识
fact-ike-identity-refused-got = { $who }不接受身份标识 { $got }
fact-ike-identity-refused-expected = { $who }期望的身份标识是 { $expected }，得到的却是另一个
fact-ike-identity-refused-both = { $who }期望的身份标识是 { $expected }，得到的是 { $got }
fact-ike-phase1-up = IKE 第一阶段已完成
fact-ike-selectors-refused = { $who }不接受要保护的流量范围
fact-ike-selectors-refused-asked = { $who }不接受要保护的流量范围（{ $asked }）
fact-ike-pfs-refused = { $who }因完全向前保密（PFS）不一致而拒绝
fact-ike-phase2-up = IPsec 安全关联已建立
fact-ike-phase2-up-udp = IPsec 安全关联已建立，ESP 封装在 UDP 4500 中
fact-ike-phase2-up-raw = IPsec 安全关联已建立，ESP 使用 IP 协议 50
fact-ike-certificate-missing = { $who }找不到证书，或缺少其私钥
fact-ike-certificate-untrusted = { $who }不信任证书的颁发者
fact-ike-certificate-name = { $who }在证书中找不到期望的名称
fact-ike-certificate-usage = { $who }发现该证书不能用于此用途
fact-ike-certificate-expired = { $who }发现证书不在有效期内
fact-ike-certificate-revoked = { $who }发现证书已吊销，或无法查询吊销状态
fact-ike-certificate-signature = { $who }发现证书的签名不正确
fact-ike-deleted = { $who }删除了第 { $phase } 阶段的安全关联
fact-ike-peer-dead = 连接已建立，但{ $who }再也收不到对端的任何数据
fact-ike-displaced = { $who }替换或拒绝了同一身份标识或同一地址的另一个安全关联
fact-ike-message-id-reused = { $who }遇到已经用过的快速模式报文 ID
fact-ike-mapping-changed = 对端的数据包现在来自另一个地址或端口
fact-ike-mapping-changed-to = 对端的数据包原来来自 { $from }，现在来自 { $to }
fact-ike-rekey-failed = { $who }未能更新密钥
fact-ike-limited = 同时进行的协商太多，{ $who }忽略新的协商
fact-ike-kernel-refused = { $who }报告操作系统拒绝了安全关联
fact-ike-network-closed = 网络告知{ $who }：该端口已关闭
fact-ike-network-error = 网络告知{ $who }：无法到达对端
fact-ike-service-stopped = { $who }没有运行 IKE 服务

## ESP。

fact-esp-traffic = { $who }发送 ESP（IP 协议 50）：{ $packets } 个数据包，{ $octets } 字节，SPI { $spi }
fact-esp-traffic-udp = { $who }发送 ESP（UDP 4500）：{ $packets } 个数据包，{ $octets } 字节，SPI { $spi }
fact-esp-tag = 从长度看，{ $who }发送的 ESP 的完整性校验值为 { $octets } 字节（SPI { $spi }）
fact-esp-unknown-spi = { $who }收到 SPI 为 { $spi } 的 ESP，它不属于任何安全关联
fact-esp-unheard = { $who }继续发送 ESP，却再也收不到任何回应（{ $packets } 个数据包）
fact-esp-integrity-failed = { $who }收到的 ESP 未通过完整性校验（{ $packets } 个数据包）
fact-esp-integrity-failed-truncation = { $who }收到的 ESP 未通过完整性校验（{ $packets } 个数据包）；换用 HMAC-SHA2-256 的另一种截断长度则能通过
fact-esp-replayed = { $who }收到重复或过期的 ESP（{ $packets } 个数据包）
fact-esp-not-matching = { $who }有数据包与任何 IPsec 策略或安全关联都不相符
fact-esp-association = 内核的安全关联：{ $source } 到 { $destination }，SPI { $spi }
fact-esp-association-used = 内核的安全关联：{ $source } 到 { $destination }，SPI { $spi }；{ $packets } 个数据包
fact-esp-association-unused = 内核的安全关联没有传送过任何数据：{ $source } 到 { $destination }，SPI { $spi }
fact-esp-policy-protects = 内核策略要求使用 ESP：{ $source } 到 { $destination }
fact-esp-policy-passes = 内核策略不使用 ESP：{ $source } 到 { $destination }
fact-esp-no-policies = 内核没有任何 IPsec 策略
fact-esp-came-unprotected = 内核丢弃了未按策略要求加以保护的数据包（{ $packets } 个数据包）

## L2TP。

fact-l2tp-message = { $who }发送 { $kind }
fact-l2tp-message-again = { $who }再次发送 { $kind }
fact-l2tp-message-clear = { $who }在 IPsec 之外发送 { $kind }
fact-l2tp-tunnel-up = L2TP 隧道已建立
fact-l2tp-call-up = L2TP 呼叫已建立
fact-l2tp-refused-tunnel = { $who }结束 L2TP 隧道（StopCCN，结果 { $result }，错误 { $error }）
fact-l2tp-refused-call = { $who }结束 L2TP 呼叫（CDN，结果 { $result }，错误 { $error }）
fact-l2tp-unanswered = { $who }的 L2TP 报文没有得到应答
fact-l2tp-unanswered-established = L2TP 隧道原已建立，{ $who }现在得不到应答
fact-l2tp-unanswered-message = { $who }发送了 { $times } 次 { $kind }，没有收到任何回应
fact-l2tp-authentication-failed = { $who }报告 L2TP 隧道的身份验证失败
fact-l2tp-not-protected = { $who }拒绝没有 IPsec 保护的 L2TP
fact-l2tp-exhausted-addresses = { $who }没有可供新呼叫使用的地址
fact-l2tp-exhausted-ports = { $who }没有可供新呼叫使用的端口
fact-l2tp-incompatible = { $who }认为一条 L2TP 报文有问题
fact-l2tp-ppp-exited = { $who }上承载 PPP 的程序已退出
fact-l2tp-ppp-exited-status = { $who }上承载 PPP 的程序已退出，状态为 { $status }

## PPTP。

fact-pptp-connected = 到 TCP 1723 的连接已打开
fact-pptp-connection-refused = 到 TCP 1723 的连接被拒绝：没有程序在侦听
fact-pptp-connection-timed-out = 连接 TCP 1723 时没有任何应答
fact-pptp-no-reply = TCP 1723 已打开，但没有收到 PPTP 报文
fact-pptp-message = { $who }发送 { $kind }
fact-pptp-message-result = { $who }发送 { $kind }，结果 { $result }
fact-pptp-tunnel-up = PPTP 控制连接已建立
fact-pptp-call-up = PPTP 呼叫已建立
fact-pptp-refused = { $who }拒绝 PPTP 连接，结果 { $result }
fact-pptp-gre = { $who }发送 GRE：{ $packets } 个数据包，{ $octets } 字节
fact-pptp-no-gre = 呼叫已建立，但{ $who }没有收到 GRE
fact-pptp-gre-refused = { $who }无法发送 GRE，或被告知 GRE 遭拒绝
fact-pptp-closed = { $who }结束 PPTP 呼叫或连接
fact-pptp-port-busy = { $who }的 PPTP 服务未能占用 TCP 1723

## PPP。

method-other = 另一种方法

fact-ppp-packet = { $who }发送 { $packet }
fact-ppp-packet-again = { $who }再次发送 { $packet }
fact-ppp-authentication-demanded = { $who }要求用 { $method } 进行身份验证
fact-ppp-authentication-offered = { $who }提供的身份验证方法：{ $offered }；未接受：{ $refused }
fact-ppp-authentication-declined = { $who }拒绝用 { $method } 进行身份验证
fact-ppp-authentication-declined-instead = { $who }拒绝用 { $method } 进行身份验证，提议改用 { $instead }
fact-ppp-no-common-authentication = 没有双方都适用的身份验证方法，{ $who }结束链路
fact-ppp-link-up = PPP 链路已建立
fact-ppp-unanswered = { $who }的 { $protocol } 请求没有得到应答
fact-ppp-not-converging = 双方在 { $protocol } 上无法达成一致：同样的选项一再被拒绝
fact-ppp-loopback = { $who }收到了自己发出的数据包
fact-ppp-authenticated = 用户通过了验证
fact-ppp-authenticated-user = 用户 { $user } 通过了验证
fact-ppp-authenticated-by = 用户通过了 { $method } 验证
fact-ppp-authenticated-user-by = 用户 { $user } 通过了 { $method } 验证
fact-ppp-authentication-failed = { $who }称用户被拒绝
fact-ppp-authentication-failed-code = { $who }称用户被拒绝，错误 { $code }
fact-ppp-authentication-failed-reason = { $who }称用户被拒绝：{ $reason }
fact-ppp-server-not-authentic = 服务器没能证明自己知道密码
fact-ppp-authentication-timed-out = { $who }等待身份验证超时
fact-ppp-encrypted = 已商定使用 { $bits } 位 MPPE 加密
fact-ppp-encryption-required = { $who }要求加密，但未能实现
fact-ppp-encryption-strength = { $who }拒绝对方要求的 MPPE 强度
fact-ppp-no-encryption-keys = 身份验证没有产生密钥，{ $who }没有用于 MPPE 的密钥
fact-ppp-network-up = { $protocol } 已建立
fact-ppp-network-up-client = { $protocol } 已建立，客户端的地址是 { $client }
fact-ppp-protocol-rejected = { $who }拒绝 { $protocol }
fact-ppp-no-network-protocol = { $who }发现没有任何网络协议建立
fact-ppp-no-address = { $who }没有可分配的地址
fact-ppp-no-address-exhausted = { $who }的地址池已用完
fact-ppp-address-refused = { $who }不接受提议的地址
fact-ppp-address-refused-this = { $who }不接受地址 { $address }
fact-ppp-terminated = { $who }结束 PPP 链路
fact-ppp-terminated-code = { $who }结束 PPP 链路，错误 { $code }
fact-ppp-peer-dead = { $who }的 LCP Echo-Request 不再得到应答
fact-ppp-hung-up = { $who }发现承载 PPP 的连接已断开
fact-ppp-garbage = { $who }收到协议无法识别的数据包：解密或解压缩的结果是乱码
fact-ppp-incompatible = { $who }认为一个 PPP 数据包有问题
fact-ppp-kernel-missing = { $who }的内核没有 { $what }，或无权使用
fact-ppp-exited = { $who }上的 pppd 已退出，状态为 { $status }
fact-ppp-up = 连接保持了 { $seconds } 秒

reason-unknown-user = 没有这个用户
reason-wrong-password = 密码错误
reason-user-format = 用户名的写法无法识别（域、realm）
reason-locked = 帐户已锁定
reason-disabled = 帐户已禁用
reason-expired = 帐户已过期
reason-password-expired = 密码已过期
reason-logon-hours = 不在允许的时间
reason-no-dialin = 该用户没有拨入权限
reason-no-policy = 没有相符的策略
reason-constraint = 策略的某个条件不允许
reason-method-disabled = 该方法已关闭
reason-no-usable-password = 密码的保存形式不适合该方法
reason-backend = 服务器无法询问负责判定的一方
reason-address = 该用户不能使用这个地址
reason-tls-version = 双方的 TLS 版本没有交集

## RADIUS。

fact-radius-request = 向 RADIUS 服务器发送 { $kind }
fact-radius-request-again = 再次向 RADIUS 服务器发送 { $kind }
fact-radius-request-to = 向 RADIUS 服务器 { $server } 发送 { $kind }
fact-radius-request-to-again = 再次向 RADIUS 服务器 { $server } 发送 { $kind }
fact-radius-answer = RADIUS 服务器应答 { $kind }
fact-radius-answer-error = RADIUS 服务器应答 { $kind }，MS-CHAP 错误 { $error }
fact-radius-answer-reason = RADIUS 服务器应答 { $kind }：{ $reason }
fact-radius-unanswered = RADIUS 服务器没有应答
fact-radius-unanswered-from = RADIUS 服务器 { $server } 没有应答
fact-radius-not-asked = 无法询问 RADIUS 服务器
fact-radius-unknown-client = RADIUS 服务器不认识发出请求的 VPN 服务器
fact-radius-secret-mismatch = VPN 服务器与 RADIUS 服务器的共享机密不一致
fact-radius-message-authenticator-missing = RADIUS 报文缺少必需的 Message-Authenticator
fact-radius-listening = RADIUS 服务器已就绪
fact-radius-port-closed = RADIUS 服务器的端口上没有程序在侦听

## 网络。

icmp-port-unreachable = 端口不可达
icmp-protocol-unreachable = 协议不可达
icmp-unreachable = 主机不可达
icmp-prohibited = 被过滤器禁止
icmp-too-big = 数据包过大
icmp-time-exceeded = 超时

fact-network-name-unknown = 无法解析名称 { $name }
fact-network-name-resolved = 名称 { $name } 解析为 { $addresses }
fact-network-no-route = 没有到对端的路由
fact-network-no-route-to = 没有到 { $to } 的路由
fact-network-icmp = ICMP：{ $kind }（协议 { $protocol }）
fact-network-icmp-port = ICMP：{ $kind }（端口 { $port }）
fact-network-icmp-from = 来自 { $from } 的 ICMP：{ $kind }（协议 { $protocol }）
fact-network-icmp-from-port = 来自 { $from } 的 ICMP：{ $kind }（端口 { $port }）
fact-network-silent = { $to } 没有任何回应
fact-network-port-silent = UDP { $port } 没有任何回应，而同一主机的另一个端口有应答
fact-network-unreached = 通过隧道收不到 { $to } 的任何回应
fact-network-astray = 发往 { $to } 的数据包走到了互联网上，由 { $by } 应答：途中没有路由器知道 { $to } 在哪里
fact-network-ping = 用 { $size } 字节 ping { $to }：发送 { $sent } 次，应答 { $received } 次
fact-network-ping-too-big = 用 { $size } 字节 ping { $to }：发送 { $sent } 次，应答 { $received } 次；数据包对途中网络来说过大
fact-network-inner = 隧道中的 { $client } 与 { $host } 之间：去 { $requests } 个数据包，回 { $replies } 个
fact-network-inner-elsewhere = 隧道中的 { $client } 与 { $host } 之间：去 { $requests } 个数据包，回 { $replies } 个，但应答发给了另一台设备，而不是请求的来处
fact-network-large-vanish = { $passed } 字节的数据包能通过，{ $vanished } 字节的则丢失
fact-network-fragments-lost = { $who }发送的分片没有全部到达
fact-network-route = 到 { $to } 的路由经由 { $interface }
fact-network-route-gateway = 到 { $to } 的路由经由 { $interface }，下一跳 { $gateway }
fact-network-address = { $interface } 的地址是 { $address }
fact-network-tunnel-dns-failed = 通过隧道无法解析名称
fact-network-tunnel-dns-failed-at = 通过隧道向 { $server } 无法解析名称
fact-network-dhcp-unanswered = DHCP 请求没有得到应答
fact-network-address-conflict = 另一台机器使用着同一地址
fact-network-address-conflict-of = 另一台机器也在使用地址 { $address }

## 机器。

fact-host-system = 系统是 { $name }
fact-host-booted = 机器启动
fact-host-update = 已安装更新 { $name }
fact-host-service = 有服务 { $name }
fact-host-service-running = 服务 { $name } 正在运行
fact-host-service-stopped = 服务 { $name } 没有运行
fact-host-service-disabled = 服务 { $name } 已禁用
fact-host-registry = 注册表：{ $key } 中的 { $name } 为 { $value }
fact-host-registry-absent = 注册表：{ $key } 中没有 { $name }
fact-host-registry-misplaced = 注册表：{ $name } 位于 { $key }，Windows 不从那里读取；它应在 { $right }
fact-host-listening = 有程序在侦听 { $protocol } { $address }
fact-host-listening-owner = { $owner } 在侦听 { $protocol } { $address }
fact-host-listening-complete = 这是完整的套接字列表：未列出的就没有侦听
fact-host-port-busy = { $program } 需要的端口被另一个程序占用
fact-host-port-busy-port = { $program } 需要的 { $protocol } { $port } 被另一个程序占用
fact-host-started = { $program } 启动
fact-host-stopped = { $program } 停止，或没有运行
fact-host-module-missing = 缺少内核模块 { $module }，或不允许加载
fact-host-configuration-error = { $program } 认为自己的配置有错误
fact-host-setting-quotation-marks = { $program }：设置中有排版引号
fact-host-setting-tunnel-mode = { $program }：设为隧道模式，而 L2TP 需要传输模式
fact-host-setting-ikev2 = { $program }：设为 IKEv2，而 Windows、Apple 和 Android 的 L2TP/IPsec 需要 IKEv1
fact-host-setting-own-address = { $program }：服务器自己的地址落在所分配的地址范围内
fact-host-setting-range-reversed = { $program }：地址范围的终点在起点之前
fact-host-setting-contradiction = { $program }：{ $method } 既被要求又被拒绝
fact-host-setting-no-method = { $program }：拒绝了所有身份验证方法
fact-host-known-bug = 出现了该版本的一个已知缺陷
fact-host-forwarding-on = 内核转发 { $version } 数据包
fact-host-forwarding-off = 内核不转发 { $version } 数据包
fact-host-filter-drops = 包过滤规则丢弃了隧道承载的数据
fact-host-miniport-missing = 没有安装 { $name }
fact-host-miniport-unnamed = { $name } 在注册表中没有说明（DriverDesc）
fact-host-miniport-status = { $name } 的状态为 { $status }
fact-host-profile = 连接 { $name } 的设置：服务器 { $server }，隧道 { $tunnel }，加密 { $encryption }
fact-host-profile-no-key = 连接 { $name } 的设置：服务器 { $server }，隧道 { $tunnel }，加密 { $encryption }，没有预共享密钥
fact-host-other-vpn = 有另一个 VPN 程序：{ $name }

## 报告的结果。

fact-reported-ras = 错误 { $code }：{ $meaning }
fact-reported-ras-unknown = 错误 { $code }
fact-reported-ike = IPsec 错误 { $code }：{ $meaning }
fact-reported-ike-unknown = IPsec 错误 { $code }
fact-reported-event = { $provider } 的事件 { $id }
fact-reported-nps-reason = NPS 给出的原因代码为 { $code }
fact-reported-verdict = 程序自己的判断：{ $cause }（阶段：{ $stage }）
fact-reported-user-hung-up = 本端有人主动挂断
fact-reported-connected = 连接已建立
fact-reported-disconnected = 连接正常结束
fact-reported-affects-user = 受影响的是一个用户或一台机器
fact-reported-affects-site = 受影响的是同一地点的所有人
fact-reported-affects-everyone = 所有人都受影响

fact-remark-stated = 有人写的内容指向：{ $cause }
fact-remark-mended = 有人写道就是这个原因，或处理后解决了：{ $cause }
fact-remark-supposed = 有人猜测或尝试过与此有关的做法：{ $cause }
fact-remark-denied = 有人写道不是这个原因，或处理后没有效果：{ $cause }
fact-remark-about = 说明了报告的对象
