### 観測された事実。種類ごとに一文。$who は who-* のいずれか。名前、数値、アドレス、情報源の原文はそのまま入る。

who-client = クライアント
who-server = サーバー
who-here = こちら側
who-there = 相手側
not-said = 記載なし

# 文に、情報源自身の言葉を添えたもの。
fact-said = { $fact }: { $said }

## IKE のメッセージの名前。

exchange-main-mode = メイン モード { $number }
exchange-aggressive-mode = アグレッシブ モード { $number }
exchange-quick-mode = クイック モード { $number }
exchange-quick-mode-some = クイック モード
exchange-informational = 情報交換
exchange-transaction = トランザクション交換
exchange-other = IKE メッセージ
exchange-request = { $name } 要求
exchange-response = { $name } 応答
sent-nothing = なし
sent-times = { $message } ×{ $times }

## IKE。

fact-ike-message = { $who }が「{ $message }」を送信
fact-ike-message-again = { $who }が「{ $message }」を再送
fact-ike-offered = { $who }がフェーズ { $phase } で提案: { $suites }
fact-ike-accepts = { $who }がフェーズ { $phase } で受け入れるもの: { $suites }
fact-ike-chosen = フェーズ { $phase } で合意: { $suite }
fact-ike-no-common-suite = フェーズ { $phase } の相手の提案に、{ $who }が受け入れられるものがない
fact-ike-suite-unsupported = { $who }はアルゴリズム { $name } に対応していない
fact-ike-notify = { $who }が { $kind } を通知
fact-ike-vendor = { $who }が { $name } と名乗っている
fact-ike-nat-forced = NAT の検出: ESP を UDP に包むため、一方が NAT の内側にいるように見せている
fact-ike-nat-both = NAT の検出: クライアントもサーバーも NAT の内側にある
fact-ike-nat-client = NAT の検出: クライアントが NAT の内側にある
fact-ike-nat-server = NAT の検出: サーバーが NAT の内側にある
fact-ike-nat-none = NAT の検出: 途中に NAT はない
fact-ike-nat-not-client = NAT の検出: クライアントは NAT の内側にない
fact-ike-nat-not-server = NAT の検出: サーバーは NAT の内側にない
fact-ike-nat-unknown = NAT の検出が行われた
fact-ike-repeated = 何も返ってこないため、{ $who }が「{ $message }」を再送
fact-ike-gave-up = { $who }が応答を待つのをやめた
fact-ike-gave-up-after = { $who }が「{ $message }」への応答を待つのをやめた
fact-ike-stood = クライアントの最後の送信: { $client }、サーバーの最後の送信: { $server }、その後 { $seconds } 秒間は何もなし
fact-ike-half-open-expired = { $who }が、相手の終えなかった交渉を破棄
fact-ike-undecryptable = 鍵が事前共有キーから決まるメッセージを、{ $who }が復号できない
fact-ike-hash-wrong = 相手の鍵または ID を証明するハッシュが正しくないと{ $who }が判断
fact-ike-no-shared-key = { $who }にこの相手用の事前共有キーがない
fact-ike-key-quotation-marks = { $who }の事前共有キーの中または前後に活字用の引用符がある
fact-ike-key-not-ascii = { $who }の事前共有キーに、クライアントによって符号化が異なる ASCII 以外の文字がある
fact-ike-key-blanks = { $who }の事前共有キーの端に空白がある
fact-ike-key-marks = { $who }の事前共有キーに引用符またはバックスラッシュがある
fact-ike-no-connection = 要求に合う接続が{ $who }に設定されていない
fact-ike-mode-refused = { $who }がこのモードを受け入れない
fact-ike-version-refused = { $who }が IKE バージョン { $version } を受け入れない
fact-ike-identity = { $who }が ID として { $identity } を名乗っている
fact-ike-identity-refused = { $who }が相手の ID を受け入れない
fact-ike-identity-refused-got = { $who }が ID { $got } を受け入れない
fact-ike-identity-refused-expected = { $who }は ID { $expected } を期待したが、別のものが来た
fact-ike-identity-refused-both = { $who }は ID { $expected } を期待したが、{ $got } が来た
fact-ike-phase1-up = IKE フェーズ 1 が完了
fact-ike-selectors-refused = 保護する通信の範囲を{ $who }が受け入れない
fact-ike-selectors-refused-asked = 保護する通信の範囲 ({ $asked })を{ $who }が受け入れない
fact-ike-pfs-refused = PFS (Perfect Forward Secrecy)が合わないため{ $who }が拒否
fact-ike-phase2-up = IPsec のセキュリティ アソシエーションが確立
fact-ike-phase2-up-udp = IPsec のセキュリティ アソシエーションが確立。ESP は UDP 4500 の中を通る
fact-ike-phase2-up-raw = IPsec のセキュリティ アソシエーションが確立。ESP は IP プロトコル 50 で通る
fact-ike-certificate-missing = { $who }に証明書がない、または秘密キーがない
fact-ike-certificate-untrusted = { $who }が証明書の発行者を信頼していない
fact-ike-certificate-name = 証明書に期待した名前がないと{ $who }が判断
fact-ike-certificate-usage = 証明書がこの用途に使えないと{ $who }が判断
fact-ike-certificate-expired = 証明書が有効期間外だと{ $who }が判断
fact-ike-certificate-revoked = 証明書が失効している、または失効を確認できないと{ $who }が判断
fact-ike-certificate-signature = 証明書の署名が正しくないと{ $who }が判断
fact-ike-deleted = { $who }がフェーズ { $phase } のセキュリティ アソシエーションを削除
fact-ike-peer-dead = 確立済みの相手から{ $who }に何も届かなくなった
fact-ike-displaced = { $who }が同じ ID または同じアドレスの別のセキュリティ アソシエーションを置き換えた、または拒否した
fact-ike-message-id-reused = 使用済みのクイック モードのメッセージ ID が{ $who }に届いた
fact-ike-mapping-changed = 相手のパケットが別のアドレスまたはポートから届くようになった
fact-ike-mapping-changed-to = 相手のパケットが { $from } からではなく { $to } から届くようになった
fact-ike-rekey-failed = { $who }がキーを更新できなかった
fact-ike-limited = 同時の交渉が多すぎるため、{ $who }が新しいものを無視
fact-ike-kernel-refused = { $who }の OS がセキュリティ アソシエーションを拒否
fact-ike-network-closed = ポートが閉じていると{ $who }がネットワークから知らされた
fact-ike-network-error = 相手に到達できないと{ $who }がネットワークから知らされた
fact-ike-service-stopped = { $who }で IKE サービスが動いていない

## ESP。

fact-esp-traffic = { $who }が ESP (IP プロトコル 50)を送信: { $packets } パケット、{ $octets } バイト、SPI { $spi }
fact-esp-traffic-udp = { $who }が ESP (UDP 4500)を送信: { $packets } パケット、{ $octets } バイト、SPI { $spi }
fact-esp-tag = 長さから見て、{ $who }が送る ESP の整合性チェック値は { $octets } バイト (SPI { $spi })
fact-esp-unknown-spi = どのセキュリティ アソシエーションにも属さない SPI { $spi } の ESP が{ $who }に届いた
fact-esp-unheard = { $who }が ESP を送り続けているが、もう何も届かない (パケット { $packets } 個)
fact-esp-integrity-failed = { $who }に届いた ESP が整合性チェックに失敗 ({ $packets } パケット)
fact-esp-integrity-failed-truncation = { $who }に届いた ESP が整合性チェックに失敗 ({ $packets } パケット)。HMAC-SHA2-256 のもう一方の切り詰め長なら合う
fact-esp-replayed = 重複した、または遅すぎる ESP が{ $who }に届いた ({ $packets } パケット)
fact-esp-not-matching = { $who }に、どの IPsec ポリシーにもセキュリティ アソシエーションにも合わないパケットがある
fact-esp-association = カーネルのセキュリティ アソシエーション: { $source } から { $destination }、SPI { $spi }
fact-esp-association-used = カーネルのセキュリティ アソシエーション: { $source } から { $destination }、SPI { $spi }、パケット { $packets } 個
fact-esp-association-unused = カーネルのセキュリティ アソシエーションは何も運んでいない: { $source } から { $destination }、SPI { $spi }
fact-esp-policy-protects = カーネルのポリシーが ESP を要求: { $source } から { $destination }
fact-esp-policy-passes = カーネルのポリシーは ESP を使わない: { $source } から { $destination }
fact-esp-no-policies = カーネルに IPsec ポリシーが一つもない
fact-esp-came-unprotected = ポリシーが求める保護なしに届いたパケットをカーネルが破棄 (パケット { $packets } 個)

## L2TP。

fact-l2tp-message = { $who }が { $kind } を送信
fact-l2tp-message-again = { $who }が { $kind } を再送
fact-l2tp-message-clear = { $who }が IPsec の外で { $kind } を送信
fact-l2tp-tunnel-up = L2TP トンネルが確立
fact-l2tp-call-up = L2TP 呼び出しが確立
fact-l2tp-refused-tunnel = { $who }が L2TP トンネルを終了 (StopCCN、結果 { $result }、エラー { $error })
fact-l2tp-refused-call = { $who }が L2TP 呼び出しを終了 (CDN、結果 { $result }、エラー { $error })
fact-l2tp-unanswered = { $who }の L2TP メッセージに応答がない
fact-l2tp-unanswered-established = 確立していた L2TP トンネルで、{ $who }に応答が来なくなった
fact-l2tp-unanswered-message = { $who }が { $kind } を { $times } 回送信したが、何も返ってこない
fact-l2tp-authentication-failed = L2TP トンネルの認証が失敗したと{ $who }が報告
fact-l2tp-not-protected = IPsec なしの L2TP を{ $who }が拒否
fact-l2tp-exhausted-addresses = { $who }に新しい呼び出し用のアドレスが残っていない
fact-l2tp-exhausted-ports = { $who }に新しい呼び出し用のポートが残っていない
fact-l2tp-incompatible = L2TP メッセージに問題があると{ $who }が報告
fact-l2tp-ppp-exited = { $who }で PPP を担うプログラムが終了
fact-l2tp-ppp-exited-status = { $who }で PPP を担うプログラムが状態 { $status } で終了

## PPTP。

fact-pptp-connected = TCP 1723 への接続が開いた
fact-pptp-connection-refused = TCP 1723 への接続が拒否された: 待ち受けているプログラムがない
fact-pptp-connection-timed-out = TCP 1723 への接続に何も応答がない
fact-pptp-no-reply = TCP 1723 は開いたが、PPTP のメッセージが返ってこない
fact-pptp-message = { $who }が { $kind } を送信
fact-pptp-message-result = { $who }が { $kind } を送信、結果 { $result }
fact-pptp-tunnel-up = PPTP の制御接続が確立
fact-pptp-call-up = PPTP の呼び出しが確立
fact-pptp-refused = { $who }が PPTP 接続を結果 { $result } で拒否
fact-pptp-gre = { $who }が GRE を送信: { $packets } パケット、{ $octets } バイト
fact-pptp-no-gre = 呼び出しが確立しているのに、{ $who }に GRE が届かない
fact-pptp-gre-refused = { $who }が GRE を送信できない、または拒否されたと知らされた
fact-pptp-closed = { $who }が PPTP の呼び出しまたは接続を終了
fact-pptp-port-busy = { $who }の PPTP サービスが TCP 1723 を確保できなかった

## PPP。

method-other = 別の方法

fact-ppp-packet = { $who }が { $packet } を送信
fact-ppp-packet-again = { $who }が { $packet } を再送
fact-ppp-authentication-demanded = { $who }が { $method } による認証を要求
fact-ppp-authentication-offered = { $who }が提供する認証方法: { $offered }、受け入れなかったもの: { $refused }
fact-ppp-authentication-declined = { $who }が { $method } による認証を断った
fact-ppp-authentication-declined-instead = { $who }が { $method } による認証を断り、{ $instead } を提案
fact-ppp-no-common-authentication = 双方に合う認証方法がないため、{ $who }がリンクを終了
fact-ppp-link-up = PPP リンクが確立
fact-ppp-unanswered = { $who }の { $protocol } 要求に応答がない
fact-ppp-not-converging = { $protocol } で合意に至らない: 同じオプションが何度も拒否されている
fact-ppp-loopback = { $who }に自分のパケットが戻ってきた
fact-ppp-authenticated = ユーザーが認証された
fact-ppp-authenticated-user = ユーザー { $user } が認証された
fact-ppp-authenticated-by = ユーザーが { $method } で認証された
fact-ppp-authenticated-user-by = ユーザー { $user } が { $method } で認証された
fact-ppp-authentication-failed = ユーザーが拒否されたと{ $who }が報告
fact-ppp-authentication-failed-code = ユーザーが拒否されたと{ $who }が報告 (エラー { $code })
fact-ppp-authentication-failed-reason = ユーザーが拒否されたと{ $who }が報告: { $reason }
fact-ppp-server-not-authentic = サーバーがパスワードを知っていることを証明できなかった
fact-ppp-authentication-timed-out = { $who }で認証の待ち時間が切れた
fact-ppp-encrypted = { $bits } ビットの MPPE による暗号化で合意
fact-ppp-encryption-required = { $who }が暗号化を必須としているが、暗号化できない
fact-ppp-encryption-strength = 相手が求める MPPE の強度を{ $who }が拒否
fact-ppp-no-encryption-keys = 認証からキーが得られず、{ $who }に MPPE 用のキーがない
fact-ppp-network-up = { $protocol } が確立
fact-ppp-network-up-client = { $protocol } が確立。クライアントのアドレスは { $client }
fact-ppp-protocol-rejected = { $who }が { $protocol } を拒否
fact-ppp-no-network-protocol = どのネットワーク プロトコルも確立しなかったと{ $who }が報告
fact-ppp-no-address = { $who }に割り当てるアドレスがない
fact-ppp-no-address-exhausted = { $who }のアドレス プールを使い切った
fact-ppp-address-refused = 提案されたアドレスを{ $who }が受け入れない
fact-ppp-address-refused-this = アドレス { $address } を{ $who }が受け入れない
fact-ppp-terminated = { $who }が PPP リンクを終了
fact-ppp-terminated-code = { $who }が PPP リンクをエラー { $code } で終了
fact-ppp-peer-dead = { $who }の LCP Echo-Request に応答が来なくなった
fact-ppp-hung-up = PPP の下の接続が切れたことを{ $who }が検出
fact-ppp-garbage = 未知のプロトコルのパケットが{ $who }に届いた: 復号または展開の結果が壊れている
fact-ppp-incompatible = PPP パケットに問題があると{ $who }が報告
fact-ppp-kernel-missing = { $who }のカーネルに { $what } がない、または使用を許されていない
fact-ppp-exited = { $who }で pppd が状態 { $status } で終了
fact-ppp-up = 接続は { $seconds } 秒間続いた

reason-unknown-user = そのユーザーは存在しない
reason-wrong-password = パスワードが違う
reason-user-format = ユーザー名の書き方を解釈できない (ドメイン、realm)
reason-locked = アカウントがロックされている
reason-disabled = アカウントが無効になっている
reason-expired = アカウントの有効期限が切れている
reason-password-expired = パスワードの有効期限が切れている
reason-logon-hours = 許可された時間帯ではない
reason-no-dialin = このユーザーにはダイヤルインの許可がない
reason-no-policy = 一致するポリシーがない
reason-constraint = ポリシーの条件が許可しない
reason-method-disabled = その方法は無効になっている
reason-no-usable-password = パスワードの保存形式がその方法に合わない
reason-backend = サーバーが判定先に問い合わせできなかった
reason-address = このユーザーはそのアドレスを使えない
reason-tls-version = 双方の TLS バージョンが合わない

## RADIUS。

fact-radius-request = RADIUS サーバーに { $kind } を送信
fact-radius-request-again = RADIUS サーバーに { $kind } を再送
fact-radius-request-to = RADIUS サーバー { $server } に { $kind } を送信
fact-radius-request-to-again = RADIUS サーバー { $server } に { $kind } を再送
fact-radius-answer = RADIUS サーバーが { $kind } を返した
fact-radius-answer-error = RADIUS サーバーが { $kind } を返した (MS-CHAP エラー { $error })
fact-radius-answer-reason = RADIUS サーバーが { $kind } を返した: { $reason }
fact-radius-unanswered = RADIUS サーバーが応答しない
fact-radius-unanswered-from = RADIUS サーバー { $server } が応答しない
fact-radius-not-asked = RADIUS サーバーに問い合わせできなかった
fact-radius-unknown-client = 問い合わせた VPN サーバーを RADIUS サーバーが知らない
fact-radius-secret-mismatch = VPN サーバーと RADIUS サーバーの共有シークレットが異なる
fact-radius-message-authenticator-missing = 必須の Message-Authenticator が RADIUS パケットにない
fact-radius-listening = RADIUS サーバーの準備ができた
fact-radius-port-closed = RADIUS サーバーのポートで待ち受けているプログラムがない

## 経路。

icmp-port-unreachable = ポート到達不能
icmp-protocol-unreachable = プロトコル到達不能
icmp-unreachable = ホスト到達不能
icmp-prohibited = フィルターによる禁止
icmp-too-big = パケットが大きすぎる
icmp-time-exceeded = 時間超過

fact-network-name-unknown = 名前 { $name } を解決できない
fact-network-name-resolved = 名前 { $name } のアドレスは { $addresses }
fact-network-no-route = 相手への経路がない
fact-network-no-route-to = { $to } への経路がない
fact-network-icmp = ICMP: { $kind } (プロトコル { $protocol })
fact-network-icmp-port = ICMP: { $kind } (ポート { $port })
fact-network-icmp-from = { $from } からの ICMP: { $kind } (プロトコル { $protocol })
fact-network-icmp-from-port = { $from } からの ICMP: { $kind } (ポート { $port })
fact-network-silent = { $to } から何も返ってこない
fact-network-port-silent = UDP { $port } からは何も返らないが、同じホストの別のポートは応答する
fact-network-unreached = トンネル経由で { $to } から何も返ってこない
fact-network-astray = { $to } へのパケットがインターネットへ出て、{ $by } が応答している：途中のどのルーターも { $to } の場所を知らない
fact-network-ping = { $to } への { $size } バイトの ping: 送信 { $sent }、応答 { $received }
fact-network-ping-too-big = { $to } への { $size } バイトの ping: 送信 { $sent }、応答 { $received }。経路には大きすぎる
fact-network-inner = トンネル内の { $client } と { $host } の間: 行き { $requests } パケット、帰り { $replies } パケット
fact-network-inner-elsewhere = トンネル内の { $client } と { $host } の間: 行き { $requests } パケット、帰り { $replies } パケット。応答は要求元とは別の機器に送られている
fact-network-large-vanish = { $passed } バイトのパケットは通るが、{ $vanished } バイトのものは失われる
fact-network-fragments-lost = { $who }が送ったフラグメントの一部が届かない
fact-network-route = { $to } への経路: { $interface }
fact-network-route-gateway = { $to } への経路: { $interface }、次ホップ { $gateway }
fact-network-address = { $interface } のアドレスは { $address }
fact-network-tunnel-dns-failed = トンネル経由で名前を解決できない
fact-network-tunnel-dns-failed-at = トンネル経由で { $server } に名前を問い合わせても解決できない
fact-network-dhcp-unanswered = DHCP 要求に応答がない
fact-network-address-conflict = 別の端末が同じアドレスを使っている
fact-network-address-conflict-of = 別の端末もアドレス { $address } を使っている

## 端末。

fact-host-system = システムは { $name }
fact-host-booted = 端末が起動
fact-host-update = 更新プログラム { $name } がインストール済み
fact-host-service = サービス { $name } がある
fact-host-service-running = サービス { $name } は動いている
fact-host-service-stopped = サービス { $name } は動いていない
fact-host-service-disabled = サービス { $name } は無効になっている
fact-host-registry = レジストリ: { $key } の { $name } は { $value }
fact-host-registry-absent = レジストリ: { $key } に { $name } がない
fact-host-registry-misplaced = レジストリ: { $name } は Windows が読み取らない { $key } にある。正しい場所は { $right }
fact-host-listening = { $protocol } { $address } で待ち受けあり
fact-host-listening-owner = { $owner } が { $protocol } { $address } で待ち受けている
fact-host-listening-complete = これはソケットの全一覧: 載っていないものは待ち受けていない
fact-host-port-busy = { $program } の必要なポートを別のプログラムが使っている
fact-host-port-busy-port = { $program } の必要な { $protocol } { $port } を別のプログラムが使っている
fact-host-started = { $program } が起動
fact-host-stopped = { $program } が停止した、または動いていない
fact-host-module-missing = カーネル モジュール { $module } がない、または読み込みを許されていない
fact-host-configuration-error = { $program } が自分の設定に問題があると報告
fact-host-setting-quotation-marks = { $program }: 設定に活字用の引用符がある
fact-host-setting-tunnel-mode = { $program }: トンネル モードになっているが、L2TP にはトランスポート モードが必要
fact-host-setting-ikev2 = { $program }: IKEv2 になっているが、Windows、Apple、Android の L2TP/IPsec には IKEv1 が必要
fact-host-setting-own-address = { $program }: 割り当てる範囲にサーバー自身のアドレスが入っている
fact-host-setting-range-reversed = { $program }: アドレスの範囲の終わりが始まりより前にある
fact-host-setting-contradiction = { $program }: { $method } が必須と拒否の両方に指定されている
fact-host-setting-no-method = { $program }: すべての認証方法が拒否されている
fact-host-known-bug = このリリースの既知の不具合が現れた
fact-host-forwarding-on = カーネルは { $version } パケットを転送する
fact-host-forwarding-off = カーネルは { $version } パケットを転送しない
fact-host-filter-drops = トンネルが運ぶものをパケット フィルターが破棄している
fact-host-miniport-missing = { $name } がインストールされていない
fact-host-miniport-unnamed = { $name } の説明 (DriverDesc) がレジストリにない
fact-host-miniport-status = { $name } の状態は { $status }
fact-host-profile = 接続 { $name } の設定: サーバー { $server }、トンネル { $tunnel }、暗号化 { $encryption }
fact-host-profile-no-key = 接続 { $name } の設定: サーバー { $server }、トンネル { $tunnel }、暗号化 { $encryption }、事前共有キーなし
fact-host-other-vpn = 別の VPN プログラムがある: { $name }

## 報告された結果。

fact-reported-ras = エラー { $code }: { $meaning }
fact-reported-ras-unknown = エラー { $code }
fact-reported-ike = IPsec エラー { $code }: { $meaning }
fact-reported-ike-unknown = IPsec エラー { $code }
fact-reported-event = { $provider } のイベント { $id }
fact-reported-nps-reason = NPS の理由コードは { $code }
fact-reported-verdict = プログラム自身の判断: { $cause } (段階: { $stage })
fact-reported-user-hung-up = こちら側の操作で切断
fact-reported-connected = 接続が確立
fact-reported-disconnected = 接続が正常に終了
fact-reported-affects-user = 影響を受けているのは一人のユーザーまたは一台の端末
fact-reported-affects-site = 影響を受けているのは同じ場所の全員
fact-reported-affects-everyone = 全員が影響を受けている

fact-remark-stated = 書かれた内容が次を示しています：{ $cause }
fact-remark-mended = これが原因だった、または直したら解決したと書かれています：{ $cause }
fact-remark-supposed = これに関する推測や試みが書かれています：{ $cause }
fact-remark-denied = これではない、または直しても効果がなかったと書かれています：{ $cause }
fact-remark-about = 何についての報告かが書かれています
