### 実地の調査: 何を送り、何が返り、それが何を証明し、何を証明しないか。

probe-no-problem-so-far = ここまでの範囲では、問題は見つかりませんでした。CAUSEWAY_PSK (または --psk-file) があればログオンまで、--user NAME と CAUSEWAY_PASSWORD があればアドレスの取得まで進みます。--protocol pptp にはキーが要りません。
probe-predicted = ここで Windows は { $ras } を表示します: { $summary }

probe-name = .
    .sent = リゾルバーに { $name } を問い合わせました
probe-name-found = { $answer }
    .proves = 名前は解決できます。最初のアドレスを調べます。
probe-name-unknown = アドレスなし: { $answer }
    .proves = アドレスがなければ、ここからこの名前に接続することはできません。

probe-route = .
    .sent = カーネルに { $address } への経路を問い合わせました
probe-route-gateway = { $local } から { $interface } 経由、次ホップは { $gateway }
    .proves = この端末に経路はあります。実際に届くかどうかは、次の段階で分かります。
probe-route-link = { $local } から { $interface } 経由で直接
    .proves = この端末に経路はあります。実際に届くかどうかは、次の段階で分かります。
probe-route-none = { $address } への経路がありません
    .proves = ここからは何も送れません。この端末がオフラインか、デフォルト ルートがありません。

probe-echo = .
    .sent = { $sent } 回の ping
probe-echo-answered = { $sent } 回のうち { $received } 回に応答、最速 { $ms } ms
    .proves = ホストは存在し、両方向とも通じています。
probe-echo-silence = 応答なし
    .proves = 何の証明にもなりません。多くのサーバーやフィルターは ping を破棄します。

probe-ike-500 = .
    .sent = IKEv1 メイン モードの最初のメッセージ (トランスフォーム { $count } 個) を UDP 500 に { $sent } 回送信
probe-ike-4500 = .
    .sent = 同じメッセージを非 ESP マーカー付きで UDP 4500 に { $sent } 回送信
probe-ike-chosen = サーバーは { $suite } を選びました
    .proves = UDP { $port } で IKEv1 サービスが応答し、経路は通じており、フェーズ 1 に共通のトランスフォームがあります。キーが正しいことの証明にはなりません。
probe-ike-chosen-vendors = サーバーは { $suite } を選び、{ $vendors } を通知しました
    .proves = UDP { $port } で IKEv1 サービスが応答し、経路は通じており、フェーズ 1 に共通のトランスフォームがあります。キーが正しいことの証明にはなりません。
probe-ike-chosen-product = サーバーは { $suite } を選びました。{ $product } と思われ、{ $vendors } を通知しました
    .proves = UDP { $port } で IKEv1 サービスが応答し、経路は通じており、フェーズ 1 に共通のトランスフォームがあります。キーが正しいことの証明にはなりません。
probe-ike-no-proposal = { $notify }: 提案したもの ({ $offered }) はどれも受け入れられません
    .proves = UDP { $port } で IKEv1 サービスが応答しますが、このクライアントとサーバーに共通のトランスフォームがありません。
probe-ike-notify = 平文の拒否: { $notify }
    .proves = UDP { $port } で IKE サービスが応答し、このメッセージを拒否しました。送信者が誰かは証明されていません。
probe-ike-version = 別のバージョンの IKE による応答
    .proves = UDP { $port } で IKE サービスが応答しますが、L2TP/IPsec に必要な IKEv1 を話しません。
probe-ike-unusable = 合わない応答: { $said }
    .proves = UDP { $port } で何かが応答しますが、どのクライアントもそこから先に進めません。
probe-ike-closed = { $from } からの ICMP { $icmp }
    .proves = ホストは存在しますが、UDP { $port } で待ち受けるものがないか、フィルターがそう答えています。
probe-ike-icmp = { $from } からの ICMP { $icmp }
    .proves = 経路上の何かが UDP { $port } を通していないか、ホストが存在しません。
probe-ike-silence = 応答なし
    .proves = フィルターが UDP { $port } を破棄しているか、ホストが存在しないか、このアドレスには応答しません。どれかは分かりません。
probe-ike-4500-silence = 応答なし
    .proves = UDP 4500 が途中で破棄されているか、このサーバーは最初のメッセージを UDP 500 でしか受け付けません。NAT の内側のクライアントには UDP 4500 が必要です。

probe-nat = .
    .sent = メイン モードの 3 番目のメッセージ (アドレスのハッシュ付き)
probe-nat-none = どちらの端も NAT の内側にありません
    .proves = ESP は IP プロトコル 50 として流れるため、経路上のフィルターで許可が必要です。
probe-nat-here = こちらの端は NAT の内側、サーバーは外側です
    .proves = ESP は UDP 4500 で流れます。
probe-nat-there = サーバーは NAT の内側にあります
    .proves = ESP は UDP 4500 で流れます。Windows は、レジストリ値で許可しない限り、このようなサーバーを拒否します。
probe-nat-both = 両端とも NAT の内側にあります
    .proves = ESP は UDP 4500 で流れます。Windows は、レジストリ値で許可しない限り、このようなサーバーを拒否します。
probe-nat-unsupported = サーバーは NAT 越えに対応していません
    .proves = NAT の内側のクライアントは接続できません。
probe-nat-notify = 平文の拒否: { $notify }
    .proves = サーバーは、トランスフォームを選んだ後で止まります。
probe-nat-silence = 応答なし
    .proves = 大きなメッセージが失われたか、サーバーが止まりました。2 番目のメッセージは届き、4 番目は届いていません。

probe-ikev2 = .
    .sent = IKEv2 の IKE_SA_INIT を UDP 500 に送信
probe-ikev2-speaks = IKEv2 の応答
    .proves = サーバーは IKEv2 にも対応しています。L2TP/IPsec では使いません。
probe-ikev2-no-proposal = NO_PROPOSAL_CHOSEN
    .proves = サーバーは別のトランスフォームで IKEv2 にも対応しています。L2TP/IPsec では使いません。
probe-ikev2-refused = バージョンの拒否
    .proves = サーバーは IKEv2 に対応していません。L2TP/IPsec には不要です。
probe-ikev2-notify = 通知 { $notify }
    .proves = サーバーは IKEv2 に対応していますが、これを拒否しました。L2TP/IPsec では使いません。
probe-ikev2-icmp = ICMP { $icmp }
    .proves = IKEv2 を待ち受けるものがありません。
probe-ikev2-silence = 応答なし
    .proves = サーバーは IKEv2 に対応していないか、知らない相手には応答しません。L2TP/IPsec には不要です。

probe-transforms = .
    .sent = フェーズ 1 のトランスフォームを 1 つずつ、{ $tried } 個 (毎秒 10 個)
probe-transforms-accepted = 受け入れ: { $accepted }、拒否: { $refused }
    .proves = 受け入れられたもののどれかを提案するクライアントは、最初のメッセージを通過できます。
probe-transforms-accepted-silent = 受け入れ: { $accepted }、拒否: { $refused }、応答なし: { $silent }
    .proves = 受け入れられたもののどれかを提案するクライアントは、最初のメッセージを通過できます。このサーバーは、応答しないことで拒否するようです。
probe-transforms-limited = 受け入れ: { $accepted }、拒否: { $refused }、応答なし: { $silent }、未確認: { $untried }
    .proves = サーバーは最後に、先に応答したものにも応答しなくなりました。知らない相手を制限しているため、応答のなかったものも受け入れる可能性があります。
probe-transforms-none = 受け入れなし、拒否: { $refused }、応答なし: { $silent }
    .proves = サーバーは、この中にないトランスフォームか、別の種類の認証を求めています。
probe-transforms-stopped = 受け入れなし、拒否: { $refused }、応答なし: { $silent }、未確認: { $untried }
    .proves = サーバーがどれにも応答しないため、残りは確認していません。

probe-aggressive = .
    .sent = IKEv1 アグレッシブ モードの最初のメッセージ ({ $suite } と ID)
probe-aggressive-exposed = 事前共有キーのハッシュを含む 2 番目のメッセージ
    .proves = 誰でもこのハッシュを集め、手元でキーを試すことができます。
probe-aggressive-refused = { $notify }
    .proves = サーバーはアグレッシブ モードに応答しません。正しい動作です。
probe-aggressive-silence = 応答なし
    .proves = サーバーは、この ID ではアグレッシブ モードに応答しません。正しい動作です。

probe-l2tp-clear = .
    .sent = IPsec なしの L2TP、UDP 1701 に SCCRQ を 1 回送信
probe-l2tp-clear-accepted = { $host } ({ $vendor }) からの SCCRP
    .proves = サーバーは、まったく保護のないトンネルを開きます。このトンネルは閉じました。
probe-l2tp-clear-refused = StopCCN、結果コード { $result }
    .proves = L2TP サービスに外部から IPsec なしで届き、拒否されました。
probe-l2tp-clear-other = 別の L2TP メッセージ
    .proves = L2TP サービスに外部から IPsec なしで届きます。
probe-l2tp-clear-icmp = ICMP { $icmp }
    .proves = UDP 1701 は外部に対して閉じています。正しい状態です。
probe-l2tp-clear-silence = 応答なし
    .proves = 正常で、正しい状態です。IPsec では L2TP は ESP の中を通り、UDP 1701 に外部から届く必要はありません。

probe-pptp = .
    .sent = TCP 1723 への接続と、PPTP の Start-Control-Connection-Request
probe-pptp-up = 制御接続が確立しました。ベンダー { $vendor }、ホスト { $host }、ファームウェア { $firmware }
    .proves = PPTP サービスが応答します。GRE が通ることの証明にはなりません。
probe-pptp-refused = 要求が拒否されました: { $result }。ベンダー { $vendor }、ファームウェア { $firmware }
    .proves = PPTP サービスは応答しますが、ここからの接続を受け付けません。
probe-pptp-not-pptp = ポートは開いていますが、応答は PPTP ではありません
    .proves = 別のサービスが TCP 1723 を使っています。
probe-pptp-mute = ポートは開いていますが、返答がありません
    .proves = 接続を受けても PPTP を話さないものがあります。フィルター、プロキシ、または固まったサービスです。
probe-pptp-closed = 接続が拒否されました
    .proves = ホストは存在しますが、PPTP サービスは待ち受けていません。L2TP だけのサーバーには不要です。
probe-pptp-unreachable = TCP 1723 に到達できません
    .proves = ルーターまたはフィルターがそう答えています。
probe-pptp-silence = 応答なし
    .proves = フィルターが TCP 1723 を破棄しているか、ホストが存在しません。L2TP だけのサーバーには不要です。

probe-pptp-call = .
    .sent = PPTP の Outgoing-Call-Request、続いて GRE で PPP の Configure-Request
probe-pptp-call-gre = 呼び出しが受け入れられ、GRE が返りました
    .proves = GRE は両方向とも通ります。
probe-pptp-call-no-gre = 呼び出しは受け入れられましたが、GRE が返りません
    .proves = GRE (IP プロトコル 47) が、行きか帰りで破棄されています。
probe-pptp-call-one-way = 呼び出しは受け入れられ、GRE も届きました ({ $received } パケット)。しかし、こちらが送ったものへの応答や確認応答はありません
    .proves = GRE (IP プロトコル 47) はサーバーからここまで通りますが、行きで破棄されています。
probe-pptp-call-cut = 呼び出しは受け入れられましたが、GRE が届く前にサーバーが終了しました
    .proves = サーバーで PPP を運ぶものが、そもそも始まっていません。理由はサーバーのログにあります。
probe-pptp-call-icmp = 呼び出しは受け入れられましたが、GRE には { $from } から ICMP { $icmp } が返りました
    .proves = そう答えたものが GRE (IP プロトコル 47) を通しません。フィルターか、GRE を受け取るものがないサーバーです。
probe-pptp-call-refused = 呼び出しが拒否されました: { $result }
    .proves = サービスは現在、呼び出しを受け付けません。
probe-pptp-call-silence = 呼び出しへの返答なし
    .proves = サービスは、最初の返答の後で止まります。
probe-pptp-call-not-tried = 未実施: GRE には RAW ソケット (CAP_NET_RAW) が必要です
    .proves = GRE が通るかどうかは不明です。root で実行すると分かります。

probe-pptp-link = .
    .sent = 呼び出しの中の PPP: リンクのオプション
probe-pptp-link-up = リンクの合意ができました。サーバーは { $methods } を求めます
    .proves = サーバーで PPP が動いており、双方が対応する認証方法があります。
probe-pptp-link-open = リンクの合意ができました。サーバーはログオンを求めません
    .proves = サーバーで PPP が動いており、誰でも受け入れます。
probe-pptp-link-failed = RAS エラー { $ras }: { $text } サーバーは { $methods } を求めます。{ $detail }
    .proves = GRE は通りますが、PPP が確立しません。
probe-pptp-cut = サーバーが呼び出しを終了しました
    .proves = 接続はここまで進みます。終了した理由はサーバーのログにあります。

probe-pptp-log-on = .
    .sent = ユーザーのログオン、一度だけ
probe-pptp-log-on-up = ユーザーが { $method } で受け入れられました
    .proves = ユーザー名とパスワードは正しく、このユーザーはダイヤルインできます。
probe-pptp-log-on-none = サーバーはログオンを求めません
    .proves = 誰でも受け入れられます。
probe-pptp-log-on-unasked = サーバーはパスワードを求めましたが、指定されていません
    .proves = ログオンまではすべて動いています。--protocol pptp --user NAME と CAUSEWAY_PASSWORD を指定すると先へ進みます。

probe-pptp-encryption = .
    .sent = 暗号化なしの PPP: このプローブに MPPE はありません
probe-pptp-encryption-required = このサーバーは MPPE ({ $mppe }) を要求します。ログオン自体は受け入れられました
    .proves = サーバーの要求は正しいものです。MPPE のあるクライアントはこの先へ進め、ないクライアントは接続できません。
probe-pptp-encryption-offered = サーバーは MPPE ({ $mppe }) を求めますが、なくても構いません
    .proves = 暗号化しないクライアントも受け入れられます。その通信は盗聴者に読まれます。
probe-pptp-encryption-none = サーバーは暗号化を求めません
    .proves = 暗号化しないクライアントが受け入れられます。その通信は盗聴者に読まれます。暗号化を求めるクライアントに応じるかどうかは試していません。

probe-pptp-address = .
    .sent = PPP: アドレスとDNS サーバー
probe-pptp-address-up = アドレス { $address }、サーバーの内側は { $peer }、DNS サーバー { $dns }
    .proves = 接続ができ、再び終了しました。その先は試していません。

probe-pptp-methods = .
    .sent = 認証方法を 1 つずつ提案する短い呼び出し: { $calls } 回。名前もパスワードも送りません
probe-pptp-methods-pap = サーバーは { $offered } を受け付け、{ $refused } を受け付けません
    .proves = PPTP では、途中の誰もがパスワードを読めます。Windows は、接続のセキュリティ ページで選ばれていない限り PAP を使いません。
probe-pptp-methods-none = サーバーは誰にも認証を求めません
    .proves = 誰でも入れます。

probe-phase1 = .
    .sent = 事前共有キーによるメイン モード
probe-phase1-up = サーバーはキーを知っていることを証明しました
    .proves = 事前共有キーは正しく、双方が互いの ID を受け入れています。

probe-quick-mode = .
    .sent = クイック モード: L2TP 用のトランスポート モードの ESP
probe-quick-mode-raw = セキュリティ アソシエーションができました。ESP は IP プロトコル 50 です
    .proves = フェーズ 2 に共通のトランスフォームがあります。ESP が通ることの証明にはまだなりません。
probe-quick-mode-udp = セキュリティ アソシエーションができました。ESP は UDP 4500 で流れます
    .proves = フェーズ 2 に共通のトランスフォームがあります。ESP が通ることの証明にはまだなりません。

probe-l2tp = .
    .sent = ESP の中の L2TP: トンネルの最初のメッセージ
probe-l2tp-up = サーバーが応答し、トンネルができました
    .proves = ESP は両方向とも通り、L2TP サービスが動いています。

probe-l2tp-call = .
    .sent = L2TP: 呼び出し
probe-l2tp-call-up = 呼び出しが受け入れられました
    .proves = サーバーには呼び出しのための空きポートがあります。

probe-link = .
    .sent = PPP: リンクのオプション
probe-link-up = リンクの合意ができました
    .proves = サーバーで PPP が動いており、双方が対応する認証方法があります。

probe-log-on = .
    .sent = ユーザーのログオン、一度だけ
probe-log-on-up = ユーザーが受け入れられました
    .proves = ユーザー名とパスワードは正しく、このユーザーはダイヤルインできます。
probe-log-on-unasked = サーバーはパスワードを求めましたが、指定されていません
    .proves = ログオンまではすべて動いています。--user NAME と CAUSEWAY_PASSWORD を指定すると先へ進みます。
probe-log-on-failed = RAS エラー { $ras }: { $text } { $detail }
    .proves = サーバーはこのログオンを拒否しました。試したのは一度だけです。さらに何度か失敗すると、多くのサーバーはアカウントをロックします。

probe-address = .
    .sent = PPP: アドレスとDNS サーバー
probe-address-up = アドレス { $address }、サーバーの内側は { $peer }、DNS サーバー { $dns }、ログオンは { $method }
    .proves = 接続ができました。その先に届くかどうかは次の手順で調べます。

probe-methods = .
    .sent = 認証方法を一つずつ提案する短い呼び出し: { $calls } 回。名前もパスワードも送りません
probe-methods-found = サーバーが受け入れる方法: { $offered }、受け入れない方法: { $refused }
    .proves = クライアントは前者のどれかでしかログオンできません。
probe-methods-pap = サーバーが受け入れる方法: { $offered }、受け入れない方法: { $refused }
    .proves = Windows は、接続のセキュリティ ページで選ばない限り PAP を使いません。IPsec の中では途中のパスワードは守られますが、サーバーには入力されたままのパスワードが見えます。
probe-methods-partly = サーバーが受け入れる方法: { $offered }、受け入れない方法: { $refused }、不明: { $unknown }
    .proves = サーバーは提案のすべてには答えませんでした。不明の方法については何も分かりません。
probe-methods-none = サーバーは誰にも認証を求めません
    .proves = 事前共有キーを持つ者は誰でも入れます。サーバーの証明を求めるクライアントはこれを拒否します。

probe-encryption = .
    .sent = クライアントとサーバーが合意した内容と、PPP でも暗号化するかどうか
probe-encryption-strong = IKE { $ike }、ESP { $esp } ({ $way })、{ $ppp }
    .proves = L2TP/IPsec で暗号化するのは IPsec です。破れると知られているものは含まれていません。
probe-encryption-aging = IKE { $ike }、ESP { $esp } ({ $way })、{ $ppp }
    .proves = L2TP/IPsec で暗号化するのは IPsec です。{ $aging } はここでの使い方なら持ちこたえますが、新しい設定では SHA-2 を使うべきです。
probe-encryption-weak = IKE { $ike }、ESP { $esp } ({ $way })、{ $ppp }
    .proves = L2TP/IPsec で暗号化するのは IPsec です。ここでは { $weak } が使われ、資金のある攻撃者なら破れます。
probe-ppp-nothing = サーバーは PPP の暗号化を求めていません
probe-ppp-compression = サーバーは PPP の圧縮を求め、断られました
probe-ppp-encryption = サーバーは PPP の暗号化 (MPPE) も求め、断られました。IPsec の中では意味がありません

probe-inner-echo = .
    .sent = トンネルを通る、フラグメント禁止の、だんだん大きくなる ping
probe-inner-echo-all = { $to } はすべての大きさに応答しました: { $passed } オクテット
    .proves = 最大の大きさのパケットがトンネルを両方向に通ります。
probe-inner-echo-some = { $to } は { $passed } オクテットに応答し、{ $lost } には応答しません
    .proves = 大きなパケットが消えています。ping は通るのに Web ページが固まります。
probe-inner-echo-none = { $to } はどの ping にも応答しません
    .proves = 何の証明にもなりません。サーバーが ping を捨てているかもしれません。

probe-inner-dns = .
    .sent = トンネルを通して、サーバーが示したDNS サーバーへの問い合わせ
probe-inner-dns-answered = { $server } の応答: { $answer }
    .proves = トンネルを通してDNS サーバーに届きます。
probe-inner-dns-silence = { $server } は応答しません: { $answer }
    .proves = プログラムはアドレスには届きますが、名前では届きません。

probe-reach = .
    .sent = 指定に従い、トンネルを通る ping または TCP 接続
probe-reach-ping = { $to } は { $answer } ミリ秒で応答しました
    .proves = サーバーの向こうのネットワークに届き、帰りの経路もあります。
probe-reach-open = { $to } は接続を受け入れました
    .proves = サーバーの向こうのサービスに届き、帰りの経路もあります。
probe-reach-refused = { $to } は接続を拒否しました
    .proves = サーバーの向こうのホストに届き、帰りの経路もあります。このポートでは何も待ち受けていません。
probe-reach-failed = { $to }: { $answer }
    .proves = 行きか帰りの経路がないか、フィルターまたはホスト自身が応答していません。

probe-up = .
    .sent = 接続ができています
probe-call-failed = RAS エラー { $ras }: { $text } { $detail }
    .proves = 接続はここまで進みました。
probe-call-out-of-time = 時間がなくなりました
    .proves = 何の証明にもなりません。--timeout で時間を増やせます。

probe-hang-up = .
    .sent = 接続を終了しました
probe-hang-up-done = サーバーに伝わったか、伝わる時間がありました
    .proves = この試行は、サーバーに何も残しません。

probe-warning-aggressive = サーバーは、事前共有キーでアグレッシブ モードに応答します。問い合わせた者は誰でも、手元でキーを推測できます。メイン モードだけを許可してください。
probe-warning-clear = サーバーは IPsec なしの L2TP を受け付けます。パスワードや通信が、読める形でネットワークを流れるおそれがあります。UDP 1701 は IPsec の中でだけ受け付けてください。
probe-warning-weak = サーバーは、資金のある攻撃者なら破れるトランスフォームを受け付けます (3DES、MD5、1024 ビットまたは 1536 ビットのグループ)。古いクライアントに必要な間だけ残してください。
probe-warning-agreed = クライアントはより良いものを先に提案しましたが、資金のある攻撃者なら破れるものに合意しました。サーバーがそれより良いものを知らないか、それを好んでいます。
probe-warning-pptp = PPTP は既に破られています。盗聴者はパスワードのハッシュを知ることができます。ほかに手段がない場合にだけ使ってください。
probe-warning-pptp-pap = サーバーは PPTP で PAP を受け付けます。途中の盗聴者は、それを使う人のパスワードを読めます。サーバーで無効にしてください。
