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
