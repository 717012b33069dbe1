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

# 二つの事前共有キーの比較。キーの文字は一つも表示しない。
compare-key = { $file }：{ $characters } 文字、{ $octets } オクテット（末尾に改行があればそれを含む）、{ $encoding }
compare-encoding-ascii = ASCII
compare-encoding-utf8 = UTF-8
compare-encoding-utf8-mark = バイト順マーク付きの UTF-8
compare-encoding-utf16 = UTF-16
compare-encoding-other = UTF-8 ではないコード ページ
compare-same = 二つのキーはオクテット単位で同じです。
compare-alike = 次の点を除いて、二つのキーは同じです：
compare-different = 二つのキーは異なります。
compare-encoding = 符号化：同じ文字が、それぞれのファイルで異なるオクテットになっています
compare-line-break = { $file } の末尾に、他方にはない改行があります：多くのプログラムは取り除きますが、キーの一部とみなすものもあります
compare-blanks = { $file } のキーの前か後に空白があります：空白もキーの一部になります
compare-quoted = { $file } のキーが引用符で囲まれています：取り除かれなければ、引用符もキーの一部になります
compare-invisible = { $file } に目に見えない文字があります。Web ページやメッセージからのコピーで入り込みます
compare-typographic = { $file } に、キーボードの文字ではない引用符、ダッシュ、空白があります（{ $positions } 文字目）
compare-width = { $file } に、ASCII ではなく全角の文字があります（{ $positions } 文字目）
compare-case = 大文字と小文字が違います（{ $positions } 文字目）。キーは大文字と小文字を区別します
compare-look-alike = 形の似た文字があります（0 と O、1 と l と I、他の文字体系の文字）（{ $positions } 文字目）
compare-cut = { $file } は他方のキーの始めの部分です：{ $at } 文字目の後で終わっています
compare-beheaded = { $file } は他方のキーの終わりの部分です：始めの { $count } 文字がありません
compare-missing = { $file } には、他方のキーの { $at } 文字目から { $count } 文字がありません
compare-swapped = 隣り合う二つの文字が入れ替わっています：{ $at } 文字目とその次
compare-characters = { $positions } 文字目が異なり、残りは同じです
compare-unlike = 始めの { $at } 文字は同じです。その後は違いが多く、どう違うかは言えません
compare-not-comparable = { $file } は事前共有キーとしては大きすぎます

# 二つのレジストリのエクスポート。
compare-two-kinds = 一方はレジストリのエクスポートですが、他方は違います：エクスポートを二つ、またはキーを一つずつ含むファイルを二つ指定してください
compare-registry-same = 二つのエクスポートの間に変化はありません。
compare-registry-unknown = 二つのエクスポートの間で次の変化がありました。障害の原因として知られているものはありません：
compare-registry-different = 二つのエクスポートの間で次の変化がありました（重要と分かっているものが先）：
compare-speaks = → 今は次を示します：{ $cause } [{ $id }]
compare-spoke = → もう次を示しません：{ $cause } [{ $id }]
compare-absent = 設定なし
compare-octets = オクテット
compare-left-out = ほかに { $count } 件の変化は表示していません。
