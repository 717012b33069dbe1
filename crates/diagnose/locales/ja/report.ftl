### レポートの枠。

report-stage = 到達した段階: { $stage }
report-strategy = 接続「{ $name }」が試みるように設定されているもの：{ $tunnel }
report-strategy-automatic = 接続「{ $name }」は自動（Automatic）に設定されています：どのプロトコルをどの順に試みるかは Windows のバージョンによります。
report-not-enough = 証拠が足りないため、原因を特定できません。
report-collect = 両端の同じ時刻 (分) のログ、または接続中の UDP 500 と 4500、ESP、TCP 1723、GRE のキャプチャを追加してください。
report-only-words = これは人が書いた説明だけにもとづく判断で、読み込んだ中にそれを示すログやキャプチャーはありません。確かめる方法は各項目の下にあります。
report-codes = Windows クライアントに表示される番号: { $codes }
report-evidence = この判断を裏付けるもの:
report-written = 書かれていた内容：
report-against = この判断に反するもの:
report-settle = 確かめる方法:
report-fix-at = 変更する場所: { $where }
report-undo = 元に戻すには:
report-price = 代償:
report-backup = 先に現在の状態を保存します:
report-do = 実行します:

# 最上部の結論。
report-verdict-sure = ほぼ確実: { $cause } ({ $percent }%)
report-verdict-likely = おそらく: { $cause } ({ $percent }%)
report-verdict-possible = 可能性あり: { $cause } ({ $percent }%)
report-verdict-healthy = { $cause }

# ページの見出しとラベル。
report-title = 接続に失敗する理由
report-findings = 分かったこと
report-confidence = 確信度: { $percent }%
report-fixes = 対処
report-story = 起こったことの順序
report-story-explained = 矢印はクライアントとサーバーの間のメッセージです。×5 は同じものが 5 回見られたことを示します。途中で終わる矢印には応答がありませんでした。印は失敗した箇所です。
report-story-empty = 接続の試行に関する出来事は見つかりませんでした。
report-failed-here = ここで失敗
report-left-out = ほかに { $count } 件の出来事を省略しています
report-no-answer = 応答なし
report-sources = 読み取ったもの
report-source-name = 情報源
report-source-kind = 種類
report-source-side = どちら側
report-source-span = 期間
report-source-trouble = 読み取れなかったもの
report-made = Causeway { $version } により { $time } に作成
report-private = このページには、ログの名前、アドレス、行が含まれています。

# 情報源または出来事がどちら側のものか。図の 3 列はクライアント、ネットワーク、サーバー。
side-client = クライアント
side-server = サーバー
side-wire = 途中
side-probe = プローブ
side-authenticator = RADIUS サーバー
side-unknown = 不明
lane-path = ネットワーク

# 図の帯。プロトコルの名前はそのまま。
band-host = 端末
band-network = ネットワーク
band-ike-1 = IKE フェーズ 1
band-ike-2 = IKE フェーズ 2
band-esp = ESP
band-pptp = PPTP
band-l2tp = L2TP
band-ppp = PPP
band-radius = RADIUS
band-up = 接続済み
band-reported = 報告された番号

# 情報源の種類。製品のログの場合は、代わりに製品名を表示する。
kind-capture = キャプチャ
kind-syslog = システム ログ
kind-kernel-log = カーネル ログ
kind-windows-events = Windows イベント ログ
kind-registry = レジストリ
kind-services = サービス
kind-addresses = アドレス
kind-routes = 経路
kind-sockets = ソケット
kind-ping = ping の出力
kind-sysctl = カーネルの設定
kind-packet-filter = パケット フィルター
kind-profile = 接続の設定
kind-windows-trace = Windows トレース
kind-bundle = 資料一式
kind-probe = プローブ
kind-live = このプログラム
kind-words = 人が書いた説明
kind-unknown = 判別できません

# 情報源の時計。
clock-reference = 時刻は { $name } のものです。
clock-same = { $name } の時計は { $other } と一致しています (双方で見られた出来事: { $pairs } 件)。
clock-ahead = { $name } の時計は { $other } より { $offset } 進んでいます (双方で見られた出来事: { $pairs } 件)。時刻は補正して表示しています。
clock-behind = { $name } の時計は { $other } より { $offset } 遅れています (双方で見られた出来事: { $pairs } 件)。時刻は補正して表示しています。
clock-zone = ちょうど 1 時間または 15 分の倍数のずれです。タイムゾーンの違いと思われます。
clock-unpaired = { $names } の時計は他と比べられませんでした。双方で見られた出来事が少なすぎます。時刻はそのまま表示しています。

# 端末で最初に尋ねる質問。
ask-scope = 接続できないのは誰ですか (Enter: 不明)
ask-scope-user = 1 人または 1 台だけ。ほかは接続できる
ask-scope-site = 同じ場所、同じルーターの内側の全員
ask-scope-everyone = 全員
ask-scope-again = 1、2、3 のいずれか、または Enter だけを入力してください。

explain-unknown = 「{ $asked }」は、知られている番号でもメッセージでもありません。クライアントに表示される番号、または行全体を入力してください。
explain-stage = 発生する段階: { $stage }
explain-causes = 考えられる原因 (可能性の高い順):

### 接続の段階と、コードの発生する場所。

stage-local = クライアント端末の内部
stage-device = クライアントのデバイスまたは仮想アダプター
stage-logon = Windows へのログオン
stage-sharing = インターネット接続の共有 (VPN ではない)
stage-strategy = トンネルの種類の選択
stage-net-name = サーバー名の解決
stage-net-route = サーバーへの経路
stage-net-ports = この端末の UDP ポート
stage-transport = サーバーへの到達
stage-pptp-control = PPTP 制御接続 (TCP 1723)
stage-pptp-call = PPTP 呼び出しと GRE
stage-sstp = SSTP (HTTPS)
stage-ike = IPsec の交渉 (IKE)
stage-ike-phase1 = IKE フェーズ 1: 鍵交換と認証
stage-ike-phase2 = IKE フェーズ 2: 通信の保護方法の合意
stage-ike-v2 = IKEv2: 内部アドレスとトラフィック セレクター
stage-esp = IPsec 確立後のパケット (ESP)
stage-l2tp-tunnel = L2TP トンネルの確立
stage-l2tp-call = L2TP トンネル内の呼び出し
stage-ppp = PPP
stage-ppp-lcp = PPP: リンクの交渉 (LCP)
stage-ppp-auth = PPP: ユーザー名とパスワードの認証
stage-ppp-eap = PPP: EAP による認証
stage-ppp-ccp = PPP: 圧縮と暗号化 (CCP、MPPE)
stage-ppp-network = PPP: アドレスとネットワーク プロトコル (IPCP、IPv6CP)
stage-server = サーバーの設定または制限
stage-radius = RADIUS: VPN サーバーと認証サーバーの間
stage-policy = サーバーのリモート アクセス ポリシー
stage-up = 接続済み
