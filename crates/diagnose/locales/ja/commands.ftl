### 報告のほかに doctor の各コマンドが表示する言葉: 指定の誤りと、この端末で許されないこと。

error-page-is-evidence = { $file } は証拠です。--html には別のファイルを指定してください
error-cannot-read = { $file } を読み込めません: { $error }
error-cannot-write = { $file } に書き込めません: { $error }
error-no-keys = --keys で指定したファイルにキーがありません
error-too-many-files = ファイルが { $count } 個では多すぎます。障害に関係するものを指定してください
error-two-outputs = --html - と --json はどちらも標準出力を使います。ページにはファイルを指定してください
error-cannot-ask = 質問できません: { $error }
error-signals = シグナルを受け取れません: { $error }
error-names = 名前を解決できません: { $error }
error-interrupted = 中断されました
error-route = { $server } への経路を調べられません: { $error }
error-wait = ソケットを待てません: { $error }
error-socket = { $address } で UDP ソケットを開けません: { $error }
error-no-key-for-user = --user には事前共有キーが必要です。CAUSEWAY_PSK、--psk-file FILE、または systemd の資格情報「psk」で渡してください
error-secret-exposed = { $file } を他の人が読めます (モード { $mode }): chmod 600 { $file }
error-secret-empty = { $name } が空です
error-session-alive = このセッションは失敗していません。「causeway session show」で確認できます
error-session-unknown = その名前の失敗したセッションはありません。「causeway session failed」で一覧できます

progress-reading = { $file }: { $percent }% まで読み込みました
progress-read = { $file }: 読み込みました
standard-input = 標準入力
keys-trouble = キー: { $trouble }

# ファイルとソケットについて OS が返したもの。
io-not-found = そのようなファイルやディレクトリはありません
io-permission = 権限がありません
io-directory = ディレクトリです
io-in-use = アドレスは使用中です
io-no-file-inside = 中にファイルがありません
resolver-unknown = DNS サーバーにその名前はありません
resolver-no-answer = DNS サーバーが応答しません

# 事前共有キーについて、クライアントの既知の問題。
probe-warning-key-ascii = 事前共有キーに ASCII 以外の文字があります。クライアントによって符号化が異なるため、キーが一致しません。
probe-warning-key-quotes = 事前共有キーに引用符、バックスラッシュ、空白、# のいずれかがあります。そこで切ったり変えたりするクライアントがあります。

# サーバーの奥に届かなかった理由。
inner-reset = 接続が拒否されました
inner-broken = 接続がリセットされました
inner-no-such-name = そのような名前はありません
inner-no-address = その名前に IPv4 アドレスがありません
inner-name-server = DNS サーバーの応答は RCODE { $code } です
inner-silence = { $seconds } 秒間応答がありません
inner-no-name-server = トンネルにDNS サーバーがありません
inner-no-tunnel = 今はトンネルがありません
