### The frame of a report.

report-stage = The attempt came as far as: { $stage }
report-strategy = The connection “{ $name }” is set to try: { $tunnel }
report-strategy-automatic = The connection “{ $name }” is set to Automatic: which protocols it tries, and in which order, depends on the release of Windows.
report-not-enough = The evidence does not suffice to name a cause.
report-collect = Add the logs of both ends from the same minute, or a capture of UDP 500 and 4500, ESP, TCP 1723 and GRE taken while somebody dials.
report-only-words = This rests on what somebody wrote; nothing that was read shows it. What would settle it stands under each finding.
report-codes = A Windows client shows: { $codes }
report-evidence = This speaks for it:
report-written = Somebody wrote:
report-against = This speaks against it:
report-settle = What would settle it:
report-fix-at = To be changed at: { $where }
report-undo = To take it back:
report-price = Its price:
report-backup = To keep the present state first:
report-do = To do it:

# The verdict above everything else. $cause is the sentence of the cause, $percent a number.
report-verdict-sure = Almost certainly: { $cause } ({ $percent } %)
report-verdict-likely = Probably: { $cause } ({ $percent } %)
report-verdict-possible = Possibly: { $cause } ({ $percent } %)
report-verdict-healthy = { $cause }

# Headings and labels of the page.
report-title = Why the connection fails
report-findings = What was found
report-confidence = Confidence: { $percent } %
report-fixes = What mends it
report-story = What happened, in order
report-story-explained = Arrows are messages between client and server; ×5 means that the same was seen five times. An arrow that ends in the middle had no answer. The mark shows where it failed.
report-story-empty = No event of a connection attempt was seen.
report-failed-here = here it failed
report-left-out = Left out here: { $count }
report-no-answer = no answer
report-sources = What was read
report-source-name = Source
report-source-kind = Kind
report-source-side = Whose
report-source-span = From and to
report-source-trouble = What could not be read
report-made = Made by Causeway { $version } on { $time }
report-private = This page holds names, addresses and lines of your logs.

# Whose a source or an event is; the three lanes of the picture are client, path and server.
side-client = client
side-server = server
side-wire = on the way
side-probe = probe
side-authenticator = RADIUS server
side-unknown = not known
lane-path = network

# Bands of the picture. Names of protocols stay as they are.
band-host = Machine
band-network = Network
band-ike-1 = IKE, phase 1
band-ike-2 = IKE, phase 2
band-esp = ESP
band-pptp = PPTP
band-l2tp = L2TP
band-ppp = PPP
band-radius = RADIUS
band-up = Connected
band-reported = Reported

# Kinds of sources. Where it is a product's log, the product's name is shown instead.
kind-capture = capture
kind-syslog = system log
kind-kernel-log = kernel log
kind-windows-events = Windows event log
kind-registry = registry
kind-services = services
kind-addresses = addresses
kind-routes = routes
kind-sockets = sockets
kind-ping = ping
kind-sysctl = kernel settings
kind-packet-filter = packet filter
kind-profile = connection settings
kind-windows-trace = Windows trace
kind-bundle = bundle
kind-probe = probe
kind-live = this program
kind-words = what somebody wrote
kind-unknown = not recognised

# Clocks of the sources. $name and $other are sources, $offset is such as "33 s" or "2 h 5 s", $pairs a number.
clock-reference = The times are those of { $name }.
clock-same = The clock of { $name } agrees with that of { $other } ({ $pairs } events seen by both).
clock-ahead = The clock of { $name } is { $offset } ahead of that of { $other } ({ $pairs } events seen by both); its times are shown corrected.
clock-behind = The clock of { $name } is { $offset } behind that of { $other } ({ $pairs } events seen by both); its times are shown corrected.
clock-zone = That is a whole number of hours or quarters of an hour: probably another time zone.
clock-unpaired = No common time was found for { $names }: too few events were seen by two of them. The times are shown as they stand.

# The helpdesk's first question, asked on a terminal.
ask-scope = Who cannot connect? (Enter: not known)
ask-scope-user = one user or one machine; others connect
ask-scope-site = everybody at one place, behind one router
ask-scope-everyone = everybody
ask-scope-again = Please answer 1, 2 or 3, or just Enter.

explain-unknown = “{ $asked }” is neither a number nor a message that is known here. Give the number that the client shows, or the whole line.
explain-stage = It arises at this stage: { $stage }
explain-causes = What is behind it, the most likely first:

### Stages of an attempt, and the places where codes arise.

stage-local = inside the client's machine
stage-device = the device or virtual adapter on the client
stage-logon = log-on to Windows
stage-sharing = Internet Connection Sharing, not the VPN
stage-strategy = the choice of the tunnel type
stage-net-name = looking the server's name up
stage-net-route = the route to the server
stage-net-ports = the UDP ports of this machine
stage-transport = reaching the server
stage-pptp-control = PPTP control connection (TCP 1723)
stage-pptp-call = PPTP call, with GRE
stage-sstp = SSTP (HTTPS)
stage-ike = IPsec negotiation (IKE)
stage-ike-phase1 = IKE phase 1: key exchange and proof of identity
stage-ike-phase2 = IKE phase 2: protection for the traffic
stage-ike-v2 = IKEv2: inner address and traffic selectors
stage-esp = IPsec is up; packets through it (ESP)
stage-l2tp-tunnel = setting up the L2TP tunnel
stage-l2tp-call = the call in the L2TP tunnel
stage-ppp = PPP
stage-ppp-lcp = PPP: agreeing on the link (LCP)
stage-ppp-auth = PPP: user name and password
stage-ppp-eap = PPP: authentication by EAP
stage-ppp-ccp = PPP: compression and encryption (CCP, MPPE)
stage-ppp-network = PPP: address and network protocols (IPCP, IPv6CP)
stage-server = the server's configuration or limits
stage-radius = RADIUS, between the VPN server and its authentication server
stage-policy = remote access policy of the server
stage-up = connected
