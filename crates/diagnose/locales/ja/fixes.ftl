### 対処。コマンドは src/remedy.rs にあります。

fix-check-route = クライアントで、デフォルト ルートと、ネットワークのログイン ページの有無を確認します。
fix-check-name = クライアントで名前を解決し、別の DNS サーバーの結果と比べます。サーバーの設定またはレコードを直します。
fix-check-address = 接続先のアドレスをサーバーの現在のアドレスと比べます。サーバーを起動するか、アドレスを直します。
fix-open-udp-500-4500 = 経路上のすべてのファイアウォールとルーターで、サーバー宛ての UDP 500 と UDP 4500、およびその応答を許可します。UDP 1701 をインターネットに開放しないでください。IPsec では 1701 はその中を通ります。
fix-linux-open-ipsec = nftables を使う Linux サーバーで、IPsec を許可します。
fix-windows-open-ipsec = Windows サーバーのファイアウォールで、IPsec を許可します。
fix-security-software = クライアントのセキュリティ ソフトが IKE を破棄していることがあります。1 回の接続の間だけそのファイアウォールを切って確かめ、それが原因なら、再び有効にして UDP 500 と 4500 を例外にします。
    .price = 切っている間、その端末はこのソフトに守られません。
fix-forward-4500 = サーバーの手前のルーターで、UDP 500 に加えて UDP 4500 もサーバーに転送します。「IPsec パススルー」や IPsec ALG は無効にします。多くのルーターで NAT 越えを壊します。「PPTP パススルー」は L2TP には関係ありません。
fix-open-esp = 経路上のすべてのファイアウォールで、サーバーとの IP プロトコル 50 (ESP) を両方向とも許可します。
fix-force-udp = ESP を UDP に載せます。プロトコル 50 が通らない場所でも通ります。Causeway では force_udp、strongSwan では forceencaps=yes、libreswan では encapsulation=yes です。
fix-open-tcp-1723 = 経路上のすべてのファイアウォールで、サーバーとの TCP 1723 と IP プロトコル 47 (GRE) を両方向とも許可します。
fix-pptp-passthrough = ルーターで「PPTP パススルー」を有効にします。Linux ルーターでは、ヘルパーを読み込み、ポート 1723 に割り当てます。
fix-leave-pptp = より良い方法: PPTP から L2TP/IPsec に移行します。必要なのは UDP 500 と 4500 だけで、破られてもいません。
fix-ike-fragmentation = 両端で IKE フラグメンテーションを有効にします (RFC 7383、IKEv1 では fragmentation=yes)。または、経路上のファイアウォールで IP フラグメントを許可します。
fix-smaller-certificates = 証明書を小さくします。楕円曲線を使い、チェーンを必要以上に長くしません。
fix-lower-mtu = サーバーでトンネルの MTU を 1400 以下に下げるか、TCP の MSS を制限します。
fix-permit-too-big = 経路上のファイアウォールで、ICMP の「fragmentation needed」と「packet too big」を許可します。これがないと、どの端末も正しいサイズを知ることができません。
fix-keepalive = クライアントに 20 秒ごとにキープアライブを送らせ、NAT の UDP タイムアウトをそれより長くします。
fix-reconnect = もう一度接続します。たびたび起こる場合は、起こる時刻の共通点を探します。
fix-find-port-owner = ポートを使っているプログラムを見つけて停止するか、別のポートに変えます。
fix-offer-strong = クライアントで、AES-256、SHA-256 または SHA-1、2048 ビット以上のグループを提案します。Windows の L2TP は、そのままでこれらを提案します。IKEv2 では、NegotiateDH2048_AES256 が 1 であるか、Set-VpnConnectionIPsecConfiguration でポリシーを設定しない限り、1024 ビットのグループだけを提案します。
fix-server-stock-proposals = サーバーで、OS 標準のクライアントが提案するもの、すなわち AES-256 または AES-128、SHA-1 または SHA-256、MODP2048、ECP256 または ECP384 を許可します。
fix-server-legacy = より良いものをどうしても使えないクライアントのためにだけ、サーバーで 3DES と 1024 ビットのグループを許可します。
    .price = そのクライアントの通信は、大きな資源を持つ攻撃者に解読され得ます。1 つの待ち受けまたは接続に限り、そのクライアントは早く引退させてください。
fix-esp-stock-proposals = サーバーの ESP で、トランスポート モードの AES と SHA-1 または SHA-256 (検査値 128 ビット)、または AES-GCM を許可します。
fix-same-key = 両端に同じ事前共有キーを入力します。テキストとしてコピーしてください。大文字と小文字は区別され、末尾の空白も数えられます。
fix-plain-key = 英数字だけで 20 文字以上のキーを選び、両端に設定します。
fix-key-for-any = サーバーで、アドレスの分からないクライアント用のキーを設定します。strongSwan と libreswan では「%any %any : PSK」です。
fix-client-key = クライアントに事前共有キーを入力します。Windows では [プロパティ]、[セキュリティ]、[詳細設定] の順に開きます。
fix-identity-any = クライアントで、サーバーの ID を受け入れるようにするか (strongSwan では rightid=%any)、サーバーにクライアントの期待する ID を名乗らせます (leftid)。
fix-issue-machine-certificate = コンピューター用の証明書を秘密キー付きで発行し、ローカル コンピューターの証明書ストアに入れてから、もう一度接続します。
fix-configure-certificate = デーモンの設定で、実在する証明書ファイルとそのキーを指定します。
fix-trust-root = 拒否した端末の信頼されたルート証明機関に、発行元のルートをインポートします。中間の証明書も入れます。
    .price = 以後その端末は、この機関が発行するものをすべて信頼します。自分で運用している機関か、よく知っている機関だけをインポートしてください。
fix-certificate-name = クライアントが接続先に指定する名前を、サブジェクトの別名に含めてサーバー証明書を発行します。または、証明書にある名前で接続します。
fix-certificate-usage = サーバーには serverAuth (1.3.6.1.5.5.7.3.1)、クライアントには clientAuth (1.3.6.1.5.5.7.3.2) を付けて証明書を発行します。両方を求めるサーバーもあります。
fix-renew-certificate = 証明書を更新し、双方の端末の時計を NTP で合わせます。
fix-nat-t-both = NAT 越えに対応していない側で有効にするか、その側を更新します。
fix-server-public-address = サーバーに専用のグローバル アドレスを与えます。そうすれば、どのクライアントにもレジストリ値は要りません。
fix-windows-assume-udp = Windows クライアントで、NAT の内側のサーバーとの IPsec を許可し、Windows を再起動します。値は PolicyAgent に置きます (Windows XP では IPSec)。他の場所では効果がありません。
    .price = Windows は、NAT がアドレスを隠しているサーバーともアソシエーションを作るようになります。必要な端末にだけ設定してください。
fix-clients-by-association = アドレスとポートではなく、アソシエーションでクライアントを区別するサーバーを使います。strongSwan では connmark プラグイン、libreswan では overlapip=yes、Causeway では設定不要です。
fix-one-behind-nat = それまでは、どちらか一方を IKEv2 や SSTP など別の方法で接続します。
fix-selectors-l2tp = サーバーで、自分側は UDP 1701、クライアント側は任意のポートを許可します (leftprotoport=17/1701、rightprotoport=17/%any)。
fix-no-pfs = サーバーの ESP でグループを要求しないようにします。libreswan では pfs=no、strongSwan ではグループのない esp プロポーザルです。
fix-enable-ikev1 = サーバーで L2TP/IPsec 用に IKEv1 を有効にするか (keyexchange=ikev1 または ikev2=no)、IKEv2 で接続します。
fix-main-mode = 双方をメイン モードに設定します。
fix-windows-update = 最新の Windows 更新プログラムを適用します。KB5010793 (Windows 10)、KB5010795 (Windows 11) とそれ以降で修正されています。
fix-server-less-vendor-ids = サーバーで、不要なベンダー ID を送らないようにします。
fix-update-server = サーバーのソフトウェアを更新します。
fix-update-both = 双方を最新のバージョンに更新します。それでも続く場合は、キャプチャと双方のバージョンを添えて報告します。
fix-longer-lifetimes = 双方の有効期間を揃え、クライアントをサーバーより少し短くします。一方が鍵の更新に対応していない場合に限り、他方だけで有効にします。
fix-sha2-128 = ESP を AES-GCM、SHA-1 または SHA-512 に設定するか、該当クライアントに合わせて切り詰めを直します (sha2-truncbug、sha256_96)。より良い方法は、古いクライアントの更新です。
fix-protect-any-port = クライアントで、ポリシーがすべての送信元ポートを保護するようにします (leftprotoport=17/%any)。L2TP はどのポートから出ても保護されます。
fix-restore-policies = アソシエーションがあるのにポリシーがない端末では、IPsec サービスを再起動します。何かがポリシーを消去しています。
fix-free-1701 = クライアントで、もう一つの L2TP サービスを停止し、ポリシーが保護するポートから L2TP が出るようにします。
fix-windows-permit-ipsec = Windows クライアントで、L2TP が再び IPsec を使うようにし、Windows を再起動します。
fix-start-l2tp = サーバーで L2TP サービスを開始し、UDP 1701 で待ち受けさせます。
fix-permit-1701-inside = サーバーで、IPsec から出てきた UDP 1701 だけを許可し、それ以外は許可しません。
fix-no-tunnel-secret = サーバーで L2TP のトンネル シークレットを無効にします (challenge = no)。IPsec の中では意味がなく、Windows は対応していません。
fix-read-server-log = 同じ時刻 (秒) のサーバーのログを読みます。本当の理由はそこにあり、多くは PPP のものです。
fix-more-ports = この種類のトンネルの接続数の上限を引き上げ、切れた接続を終了します。
fix-enable-tunnel-type = サーバーでこの種類のトンネルを有効にするか、有効な種類で接続します。
fix-start-pppd = サーバーの PPP が起動しない理由を調べます。同じオプションで手動で実行します。
fix-common-auth = 両端で MS-CHAPv2 を許可します。PAP と CHAP は IPsec の中でだけ許可します。Windows では [プロパティ] の [セキュリティ] にあります。
fix-fix-loop = ループを見つけて断ち切ります。ブリッジ、ミラー ポート、パケットを送り返す機器などです。
fix-check-credentials = ユーザー名とパスワードを手で入力し直します。キーボード配列に注意してください。サーバーでアカウントを確認し、パスワードを設定し直します。
fix-other-spelling = 名前の書き方を変えます。user、DOMAIN\user、user@domain があります。サーバーとクライアントで一つに統一します。
fix-unlock-account = アカウントのロックを解除し、古いパスワードを試している端末を見つけます。
fix-enable-account = ログオンしてよいユーザーであれば、アカウントを有効にします。
fix-extend-account = ログオンしてよいユーザーであれば、アカウントの有効期限を延ばします。
fix-change-password = ユーザーに社内の端末で、または管理者にパスワードを変更してもらいます。
fix-extend-hours = アカウントまたはポリシーの許可時間帯を広げるか、その時間帯に接続します。
fix-grant-dialin = アカウントでリモート アクセスを許可するか、ポリシーが許可するグループにユーザーを入れます。
fix-rras-domain = これをドメインから読み取る Windows サーバーは、そのドメインのメンバーで、コンピューター アカウントがドメインのグループ「RAS and IAS Servers」（セキュリティ グループ、ドメイン ローカル）に入っており、そのグループがオブジェクト「RAS and IAS Servers Access Check」を読み取れる必要があります。変更後はサーバーを再起動します。NT 4 向けの手引きにある、Everyone を「Pre-Windows 2000 Compatible Access」に加える方法は、ディレクトリを誰にでも開くので行わないでください。
fix-fix-policy = このユーザー、トンネルの種類、時刻に合うように、ポリシーを追加または変更します。ポリシーの順序に注意してください。
fix-fix-constraint = 拒否している制約を変更するか、その求めるとおりに接続します。どの制約かは、サーバーのログの理由コードで分かります。
fix-enable-method = ポリシーの要求する方法をサーバーの設定で有効にするか、ポリシーを変更します。
fix-ntlmv2-compat = リモート アクセス サーバーで、MS-CHAPv2 を NTLMv2 で確認するようにし (KB2811487)、サービスを再起動します。
fix-start-radius = RADIUS サーバーを起動し、VPN サーバーに設定したアドレスとポート (1812) を直します。両者の間で UDP 1812 と 1813 を許可します。
fix-same-radius-secret = 両方のサーバーに同じ RADIUS 共有シークレットを入力します。
fix-add-radius-client = VPN サーバーの問い合わせ元アドレスを、RADIUS サーバーのクライアントに追加します。
fix-send-message-authenticator = VPN サーバーを更新し、Message-Authenticator を送るようにします。
fix-not-require-message-authenticator = それまでは、RADIUS サーバーでこのクライアントには要求しないようにします (require_message_authenticator = no)。
    .price = 2 台のサーバーの間にいる攻撃者が RADIUS の応答を偽造し、侵入できるようになります (CVE-2024-3596)。両者を保護されたネットワークに置いてください。
fix-common-eap = クライアント、サーバー、ポリシーで EAP の種類を一つに揃え、必要な証明書をインストールします。
fix-tls-12 = 双方で TLS 1.2 を有効にするか、古い側を更新します。
fix-publish-ntauth = 発行元の証明機関の証明書を NTAuth ストアに入れます。
fix-mppe-both = PPTP の場合: 拒否している側で 128 ビットの MPPE を有効にし、そのカーネル モジュールを読み込みます。
fix-mppe-off-in-ipsec = L2TP/IPsec の場合: PPP の暗号化を必須にしません。IPsec が既に暗号化しています。Windows では「暗号化は省略可能」を選びます。
fix-mppe-128 = 双方で 128 ビットとステートレス モードを許可します。
fix-mschapv2-for-mppe = 鍵の得られる MS-CHAPv2 または EAP-MSCHAPv2 で認証します。
fix-larger-pool = クライアント用のアドレス範囲を広げ、切れたセッションを終了します。エコー要求で見つけられます。
fix-configure-pool = サーバーにクライアント用のアドレス範囲を与えるか、DHCP を直します。
fix-enable-ipcp = 拒否している側の PPP オプションで、IPv4 を有効にします。
fix-windows-reset-ip = 失敗する 1 台の Windows で、TCP/IP（ms_tcpip）が WAN Miniport にバインドされていることを確認し、TCP/IP をリセットします。手動で設定したアドレスは失われますが、保存したファイルから戻せます。
fix-windows-rebuild-miniports = それでも足りない場合は、WAN ミニポートを作り直させます。デバイス マネージャーで「WAN Miniport」のデバイスをアンインストールし、ハードウェア変更のスキャンを実行します。最後の手段は netcfg -d ですが、その端末のすべてのネットワーク アダプター、仮想スイッチ、ほかの VPN も取り除かれるため、設定を控えておきます。DriverDesc を削除して Bluetooth ドライバーを無理に割り当てる方法を勧める記事もありますが、効果は同じで危険が増えるだけです。
fix-fix-dhcp = DHCP がサーバーに応答しない理由を調べるか、静的な範囲を設定します。
fix-other-range = クライアント側のどのネットワークとも重ならない範囲から、アドレスを割り当てます。
fix-return-route = サーバーの先のホストまたはそのゲートウェイに、このサーバー経由でクライアントのアドレスに至る経路を設定します。または、サーバーでアドレスを変換します。
fix-host-route = クライアントで、サーバーのグローバル アドレスへの経路をトンネルの外に保ちます。
fix-enable-forwarding = サーバーで転送を有効にし、再起動後も有効にします。
fix-permit-forwarding = 転送の規則で、トンネルからの通信を許可します。戻りの経路がない場合はアドレスを変換します。
fix-tunnel-dns = クライアントが到達できる DNS サーバーをサーバーから配布し、クライアントに使わせます。
fix-windows-start-services = Windows クライアントで、IPsec に必要なサービスを開始し、必要なときに自動で開始されるように設定します。
fix-start-server = サーバーで VPN サービスを開始し、停止した理由を調べます。
fix-update-weak = 弱いアルゴリズムしか使えない側を更新します。
fix-windows-weak = 最後の手段としてのみ、Windows で弱いアルゴリズムを許可します。
    .price = この端末のすべての L2TP 接続で DES と MD5 が再び許可され、その通信は解読され得ます。
fix-load-modules = モジュールを読み込み、ブラックリストから外し、それを含むパッケージをインストールします。
fix-make-dev-ppp = デバイスを作るか、コンテナーに渡します。
fix-update-or-return = 不具合のないリリースに更新します。それまでは前のリリースに戻します。
fix-move-registry-value = その値がそもそも必要かを判断します。端末の安全性を下げる値もあります。必要であれば、正しいキーに設定し、誤ったキーから削除して、Windows を再起動します。
fix-mend-configuration = プログラムが指摘する行を直し、もう一度開始します。

# 変更が必要な場所。

at-client = クライアントの端末
at-server = サーバー
at-either = クライアントまたはサーバー
at-path = 両者の間のネットワーク
at-that-side = 問題が現れた側
at-that-host = 問題が現れた端末
at-user = ユーザー
at-administrator = 管理者
at-certificate = 証明書の発行者
at-nobody = 対応は不要
