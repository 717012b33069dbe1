### doctor 各命令在报告之外所说的话：用法上的错误，以及本机不允许的事。

error-page-is-evidence = { $file } 是材料；请为 --html 指定另一个文件
error-cannot-read = 无法读取 { $file }：{ $error }
error-cannot-write = 无法写入 { $file }：{ $error }
error-no-keys = --keys 指定的文件中没有密钥
error-too-many-files = { $count } 个文件太多；请只指定与故障有关的文件
error-two-outputs = --html - 和 --json 都要写到标准输出；请为页面指定一个文件
error-cannot-ask = 无法提问：{ $error }
error-signals = 无法接收信号：{ $error }
error-names = 无法解析名称：{ $error }
error-interrupted = 已中断
error-route = 无法查询到 { $server } 的路由：{ $error }
error-wait = 无法等待套接字：{ $error }
error-socket = 无法在 { $address } 打开 UDP 套接字：{ $error }
error-no-key-for-user = --user 需要预共享密钥：用 CAUSEWAY_PSK、--psk-file FILE 或 systemd 凭据“psk”提供
error-secret-exposed = 其他人可以读取 { $file }（权限 { $mode }）：chmod 600 { $file }
error-secret-empty = 机密 { $name } 为空
error-session-alive = 这个会话没有失败；请用“causeway session show”查看
error-session-unknown = 没有这个名称的失败会话；“causeway session failed”会列出它们

progress-reading = { $file }：{ $percent }%
progress-read = { $file }：已读取
standard-input = 标准输入
keys-trouble = 密钥：{ $trouble }

# 操作系统对文件和套接字的说法。
io-not-found = 没有这个文件或目录
io-permission = 权限不足
io-directory = 它是一个目录
io-in-use = 地址已被占用
io-no-file-inside = 其中没有文件
resolver-unknown = DNS 服务器没有这个名称
resolver-no-answer = DNS 服务器没有应答

# 各种客户端处理预共享密钥时的已知问题。
probe-warning-key-ascii = 预共享密钥含有 ASCII 以外的字符：各种客户端编码不一致，密钥会对不上。
probe-warning-key-quotes = 预共享密钥含有引号、反斜杠、空格或 #：有些客户端会在那里截断或改动它。

# 到不了服务器后面目标的原因。
inner-reset = 连接被拒绝
inner-broken = 连接被重置
inner-no-such-name = 没有这个名称
inner-no-address = 该名称没有 IPv4 地址
inner-name-server = DNS 服务器返回 RCODE { $code }
inner-silence = { $seconds } 秒没有应答
inner-no-name-server = 隧道没有提供DNS 服务器
inner-no-tunnel = 目前没有隧道

# 两个预共享密钥的比较。不显示密钥中的任何字符。
compare-key = { $file }：{ $characters } 个字符，{ $octets } 个八位组（末尾如有换行则计入）；{ $encoding }
compare-encoding-ascii = ASCII
compare-encoding-utf8 = UTF-8
compare-encoding-utf8-mark = 带字节顺序标记的 UTF-8
compare-encoding-utf16 = UTF-16
compare-encoding-other = 某种代码页，不是 UTF-8
compare-same = 两个密钥逐字节相同。
compare-alike = 除以下几点外，两个密钥相同：
compare-different = 两个密钥不同。
compare-encoding = 编码不同：相同的字符在两个文件中是不同的八位组
compare-line-break = { $file } 的末尾有另一个文件所没有的换行：多数程序会去掉它，有些程序把它当作密钥的一部分
compare-blanks = { $file } 中的密钥前面或后面有空白：空白也算密钥的一部分
compare-quoted = { $file } 中的密钥带有引号：如果没有程序去掉引号，引号也算密钥的一部分
compare-invisible = { $file } 含有看不见的字符，从网页或聊天软件复制时常会带入
compare-typographic = { $file } 中用了排版引号、破折号或特殊空格，而不是键盘上的；第 { $positions } 个字符
compare-width = { $file } 中用了全角字符代替 ASCII；第 { $positions } 个字符
compare-case = 大小写不同；第 { $positions } 个字符。密钥区分大小写
compare-look-alike = 形状相似的字符（0 与 O，1、l 与 I，其他文字的字母）；第 { $positions } 个字符
compare-cut = { $file } 只是另一个密钥的开头：在第 { $at } 个字符之后中断
compare-beheaded = { $file } 只是另一个密钥的结尾：开头缺少 { $count } 个字符
compare-missing = { $file } 比另一个密钥少 { $count } 个字符，位置在第 { $at } 个字符
compare-swapped = 两个相邻字符对调：第 { $at } 个与其后一个
compare-characters = 第 { $positions } 个字符不同；其余相同
compare-unlike = 前 { $at } 个字符相同；其后差异太多，无法说明如何不同
compare-not-comparable = { $file } 太大，不会是预共享密钥

# 两个注册表导出文件。
compare-two-kinds = 一个是注册表导出文件，另一个不是：请给出两个导出文件，或两个各含一个密钥的文件
compare-registry-same = 两个导出文件之间没有变化。
compare-registry-unknown = 两个导出文件之间有以下变化；其中没有已知会导致故障的：
compare-registry-different = 两个导出文件之间有以下变化，已知重要的在前：
compare-speaks = → 现在表明：{ $cause } [{ $id }]
compare-spoke = → 不再表明：{ $cause } [{ $id }]
compare-absent = 未设置
compare-octets = 八位组
compare-left-out = 另有 { $count } 处变化未显示。
