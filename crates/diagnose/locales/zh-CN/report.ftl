### 报告的框架。

report-stage = 这次尝试进行到：{ $stage }
report-strategy = 连接“{ $name }”设置为尝试：{ $tunnel }
report-strategy-automatic = 连接“{ $name }”设置为自动（Automatic）：尝试哪些协议、按什么顺序，取决于 Windows 的版本。
report-not-enough = 证据不足，无法判断原因。
report-collect = 请补充两端同一分钟的日志，或者拨号时的抓包（UDP 500 和 4500、ESP、TCP 1723 和 GRE）。
report-only-words = 这一判断只依据有人写下的描述，读取的内容中没有日志或抓包能证明它。每一项下面都写明如何确认。
report-codes = Windows 客户端显示的代码：{ $codes }
report-evidence = 支持这一判断的证据：
report-written = 有人写道：
report-against = 不支持这一判断的证据：
report-settle = 如何确认：
report-fix-at = 需要修改的地方：{ $where }
report-undo = 撤销方法：
report-price = 代价：
report-backup = 先保存当前状态：
report-do = 执行：

# 位于最上方的结论。
report-verdict-sure = 几乎可以肯定：{ $cause }（{ $percent }%）
report-verdict-likely = 很可能：{ $cause }（{ $percent }%）
report-verdict-possible = 有可能：{ $cause }（{ $percent }%）
report-verdict-healthy = { $cause }

# 页面的标题和标签。
report-title = 连接失败的原因
report-findings = 诊断结果
report-confidence = 可信度：{ $percent }%
report-fixes = 解决办法
report-story = 事情的经过
report-story-explained = 箭头是客户端与服务器之间的报文；×5 表示同样的报文出现了五次。停在中间的箭头没有得到应答。标记处是失败的位置。
report-story-empty = 没有发现与连接尝试有关的事件。
report-failed-here = 在这里失败
report-left-out = 此处省略了另外 { $count } 个事件
report-no-answer = 没有应答
report-sources = 读取的材料
report-source-name = 来源
report-source-kind = 类型
report-source-side = 属于
report-source-span = 起止时间
report-source-trouble = 无法读取的内容
report-made = 由 Causeway { $version } 于 { $time } 生成
report-private = 本页含有您日志中的名称、地址和原文。

# 来源或事件属于哪一方；图中的三列是客户端、网络和服务器。
side-client = 客户端
side-server = 服务器
side-wire = 途中
side-probe = 探测
side-authenticator = RADIUS 服务器
side-unknown = 未知
lane-path = 网络

# 图中的分段。协议名称保持原样。
band-host = 机器
band-network = 网络
band-ike-1 = IKE 第一阶段
band-ike-2 = IKE 第二阶段
band-esp = ESP
band-pptp = PPTP
band-l2tp = L2TP
band-ppp = PPP
band-radius = RADIUS
band-up = 已连接
band-reported = 报告的代码

# 来源的类型。如果是某个产品的日志，则显示产品名称。
kind-capture = 抓包
kind-syslog = 系统日志
kind-kernel-log = 内核日志
kind-windows-events = Windows 事件日志
kind-registry = 注册表
kind-services = 服务
kind-addresses = 地址
kind-routes = 路由
kind-sockets = 套接字
kind-ping = ping 输出
kind-sysctl = 内核参数
kind-packet-filter = 包过滤规则
kind-profile = 连接设置
kind-windows-trace = Windows 跟踪日志
kind-bundle = 材料包
kind-probe = 探测
kind-live = 本程序
kind-words = 有人写下的描述
kind-unknown = 无法识别

# 各来源的时钟。
clock-reference = 时间以 { $name } 为准。
clock-same = { $name } 的时钟与 { $other } 一致（双方都看到的事件有 { $pairs } 个）。
clock-ahead = { $name } 的时钟比 { $other } 快 { $offset }（双方都看到的事件有 { $pairs } 个）；显示的时间已校正。
clock-behind = { $name } 的时钟比 { $other } 慢 { $offset }（双方都看到的事件有 { $pairs } 个）；显示的时间已校正。
clock-zone = 相差恰好是整小时或一刻钟的倍数：很可能是时区不同。
clock-unpaired = { $names } 的时钟无法与其他来源对比：双方都看到的事件太少。时间按原样显示。

# 在终端上提出的第一个问题。
ask-scope = 谁连不上？（直接按 Enter：不知道）
ask-scope-user = 一个用户或一台机器，其他人能连上
ask-scope-site = 同一地点、同一路由器后面的所有人
ask-scope-everyone = 所有人
ask-scope-again = 请输入 1、2 或 3，或者直接按 Enter。

explain-unknown = “{ $asked }”既不是已知的代码，也不是已知的消息。请给出客户端显示的代码，或者完整的一行。
explain-stage = 出现的阶段：{ $stage }
explain-causes = 可能的原因，按可能性从大到小：

### 尝试的各个阶段，以及代码出现的地方。

stage-local = 客户端机器内部
stage-device = 客户端的设备或虚拟适配器
stage-logon = 登录 Windows 时
stage-sharing = Internet 连接共享，与 VPN 无关
stage-strategy = 选择隧道类型
stage-net-name = 解析服务器域名
stage-net-route = 到服务器的路由
stage-net-ports = 本机的 UDP 端口
stage-transport = 连通服务器
stage-pptp-control = PPTP 控制连接（TCP 1723）
stage-pptp-call = PPTP 呼叫与 GRE
stage-sstp = SSTP（HTTPS）
stage-ike = IPsec 协商（IKE）
stage-ike-phase1 = IKE 第一阶段：密钥交换与身份验证
stage-ike-phase2 = IKE 第二阶段：商定对流量的保护
stage-ike-v2 = IKEv2：内部地址与流量选择器
stage-esp = IPsec 已建立，通过它传输数据包（ESP）
stage-l2tp-tunnel = 建立 L2TP 隧道
stage-l2tp-call = L2TP 隧道中的呼叫
stage-ppp = PPP
stage-ppp-lcp = PPP：协商链路（LCP）
stage-ppp-auth = PPP：验证用户名和密码
stage-ppp-eap = PPP：EAP 身份验证
stage-ppp-ccp = PPP：压缩与加密（CCP、MPPE）
stage-ppp-network = PPP：地址与网络协议（IPCP、IPv6CP）
stage-server = 服务器的配置或限制
stage-radius = RADIUS：VPN 服务器与验证服务器之间
stage-policy = 服务器的远程访问策略
stage-up = 已连接
