### Live probes: what was sent, what came back, what that proves and what it does not.

probe-no-problem-so-far = No problem was found as far as this went. With CAUSEWAY_PSK (or --psk-file) it goes on to the log-on, with --user NAME and CAUSEWAY_PASSWORD to an address; --protocol pptp needs no key for that.
probe-predicted = Windows would show { $ras } here: { $summary }

probe-name = .
    .sent = asked the resolver for { $name }
probe-name-found = { $answer }
    .proves = The name resolves. The first address is probed.
probe-name-unknown = no address: { $answer }
    .proves = Without an address nobody can dial this name from here.

probe-route = .
    .sent = asked the kernel for the way to { $address }
probe-route-gateway = from { $local } by { $interface }, next hop { $gateway }
    .proves = There is a route here. Whether it leads there is for the next steps.
probe-route-link = from { $local } by { $interface }, directly
    .proves = There is a route here. Whether it leads there is for the next steps.
probe-route-none = no route to { $address }
    .proves = Nothing can be sent from here: this machine is offline, or without a default route.

probe-echo = .
    .sent = { $sent } pings
probe-echo-answered = { $received } of { $sent } came back, the fastest in { $ms } ms
    .proves = The host is there and the way is open in both directions.
probe-echo-silence = nothing came back
    .proves = Proves nothing: many servers and filters drop pings.

probe-ike-500 = .
    .sent = IKEv1 main mode, first message with { $count } transforms to UDP 500, sent { $sent }×
probe-ike-4500 = .
    .sent = the same message behind the non-ESP marker to UDP 4500, sent { $sent }×
probe-ike-chosen = the server chose { $suite }
    .proves = An IKEv1 service answers at UDP { $port }, the way is open, and phase 1 has a common transform. It does not prove that the key is right.
probe-ike-chosen-vendors = the server chose { $suite }; it announces { $vendors }
    .proves = An IKEv1 service answers at UDP { $port }, the way is open, and phase 1 has a common transform. It does not prove that the key is right.
probe-ike-chosen-product = the server chose { $suite }; it looks like { $product } and announces { $vendors }
    .proves = An IKEv1 service answers at UDP { $port }, the way is open, and phase 1 has a common transform. It does not prove that the key is right.
probe-ike-no-proposal = { $notify }: none of what was offered is accepted ({ $offered })
    .proves = An IKEv1 service answers at UDP { $port }, and this client and the server have no transform in common.
probe-ike-notify = a refusal in clear: { $notify }
    .proves = An IKE service answers at UDP { $port } and refuses this message. Who sent it is not proved.
probe-ike-version = an answer in another version of IKE
    .proves = An IKE service answers at UDP { $port }, and it does not speak IKEv1, which L2TP/IPsec needs.
probe-ike-unusable = an answer that does not fit: { $said }
    .proves = Something answers at UDP { $port }, and no client could go on from there.
probe-ike-closed = ICMP { $icmp } from { $from }
    .proves = The host is there and nothing listens at UDP { $port }, or a filter says so.
probe-ike-icmp = ICMP { $icmp } from { $from }
    .proves = Something on the way does not let UDP { $port } through, or the host is not there.
probe-ike-silence = nothing came back
    .proves = A filter drops UDP { $port }, or the host is not there, or it does not answer this address. It does not tell which.
probe-ike-4500-silence = nothing came back
    .proves = Either UDP 4500 is dropped on the way, or this server takes first messages at UDP 500 only. Clients behind a NAT need UDP 4500.

probe-nat = .
    .sent = main mode, third message, with hashes over the addresses
probe-nat-none = neither end is behind a NAT
    .proves = ESP travels as IP protocol 50, which filters on the way must pass.
probe-nat-here = this end is behind a NAT, the server is not
    .proves = ESP travels in UDP 4500.
probe-nat-there = the server is behind a NAT
    .proves = ESP travels in UDP 4500. Windows refuses such servers unless a registry value permits them.
probe-nat-both = both ends are behind a NAT
    .proves = ESP travels in UDP 4500. Windows refuses such servers unless a registry value permits them.
probe-nat-unsupported = the server does not know NAT traversal
    .proves = Clients behind a NAT cannot connect.
probe-nat-notify = a refusal in clear: { $notify }
    .proves = The server stops after the choice of a transform.
probe-nat-silence = nothing came back
    .proves = Larger messages are lost, or the server stopped: the second message came, the fourth did not.

probe-ikev2 = .
    .sent = IKEv2, IKE_SA_INIT to UDP 500
probe-ikev2-speaks = an answer of IKEv2
    .proves = The server speaks IKEv2 as well. L2TP/IPsec does not use it.
probe-ikev2-no-proposal = NO_PROPOSAL_CHOSEN
    .proves = The server speaks IKEv2 as well, with other transforms. L2TP/IPsec does not use it.
probe-ikev2-refused = a refusal of the version
    .proves = The server does not speak IKEv2. L2TP/IPsec does not need it.
probe-ikev2-notify = notification { $notify }
    .proves = The server speaks IKEv2, and refuses this. L2TP/IPsec does not use it.
probe-ikev2-icmp = ICMP { $icmp }
    .proves = Nothing listens for IKEv2.
probe-ikev2-silence = nothing came back
    .proves = The server does not speak IKEv2, or does not answer strangers. L2TP/IPsec does not need it.

probe-transforms = .
    .sent = transforms of phase 1 one by one, { $tried } of them, ten each second
probe-transforms-accepted = accepted: { $accepted }; refused: { $refused }
    .proves = A client that offers one of the accepted ones gets past the first message.
probe-transforms-accepted-silent = accepted: { $accepted }; refused: { $refused }; not answered: { $silent }
    .proves = A client that offers one of the accepted ones gets past the first message. This server seems to refuse by silence.
probe-transforms-limited = accepted: { $accepted }; refused: { $refused }; not answered: { $silent }; not tried: { $untried }
    .proves = In the end the server did not answer what it had answered before: it limits strangers, so what it did not answer it may still accept.
probe-transforms-none = none accepted; refused: { $refused }; not answered: { $silent }
    .proves = The server wants a transform that is not among these, or another kind of authentication.
probe-transforms-stopped = none accepted; refused: { $refused }; not answered: { $silent }; not tried: { $untried }
    .proves = The server answers none of them, so the rest was not asked.

probe-aggressive = .
    .sent = IKEv1 aggressive mode, first message with { $suite } and an identity
probe-aggressive-exposed = the second message, with a hash over the pre-shared key
    .proves = Everybody can collect this hash and try keys against it at home.
probe-aggressive-refused = { $notify }
    .proves = The server does not answer aggressive mode, which is right.
probe-aggressive-silence = nothing came back
    .proves = The server does not answer aggressive mode for this identity, which is right.

probe-l2tp-clear = .
    .sent = L2TP without IPsec, SCCRQ to UDP 1701, once
probe-l2tp-clear-accepted = SCCRP from { $host } ({ $vendor })
    .proves = The server opens tunnels without any protection. The tunnel was closed again.
probe-l2tp-clear-refused = StopCCN, result { $result }
    .proves = An L2TP service is reached from outside without IPsec, and refuses.
probe-l2tp-clear-other = another message of L2TP
    .proves = An L2TP service is reached from outside without IPsec.
probe-l2tp-clear-icmp = ICMP { $icmp }
    .proves = UDP 1701 is closed to strangers, which is right.
probe-l2tp-clear-silence = nothing came back
    .proves = Normal and right: with IPsec, L2TP travels inside ESP, and UDP 1701 need not be reached from outside.

probe-pptp = .
    .sent = a connection to TCP 1723, and PPTP's Start-Control-Connection-Request
probe-pptp-up = the control connection is up; vendor { $vendor }, host { $host }, firmware { $firmware }
    .proves = A PPTP service answers. It does not prove that GRE passes.
probe-pptp-refused = the request is refused: { $result }; vendor { $vendor }, firmware { $firmware }
    .proves = A PPTP service answers and takes no connection from here.
probe-pptp-not-pptp = the port is open, and what answers is not PPTP
    .proves = Another service has TCP 1723.
probe-pptp-mute = the port is open, and no reply comes
    .proves = Something takes the connection and does not speak PPTP: a filter, a proxy, or a service that hangs.
probe-pptp-closed = the connection is refused
    .proves = The host is there, and no PPTP service listens. A server for L2TP only needs none.
probe-pptp-unreachable = no way to TCP 1723
    .proves = A router or a filter says so.
probe-pptp-silence = nothing came back
    .proves = A filter drops TCP 1723, or the host is not there. A server for L2TP only needs it not.

probe-pptp-call = .
    .sent = PPTP's Outgoing-Call-Request, then PPP's Configure-Request in GRE
probe-pptp-call-gre = the call is taken, and GRE comes back
    .proves = GRE passes in both directions.
probe-pptp-call-no-gre = the call is taken, and no GRE comes back
    .proves = GRE (IP protocol 47) is dropped on the way, there or back.
probe-pptp-call-one-way = the call is taken and GRE comes ({ $received } packets), but none of it answers or acknowledges what was sent
    .proves = GRE (IP protocol 47) passes from the server to here, and is dropped on the way there.
probe-pptp-call-cut = the call is taken, and the server ends it again before any GRE comes
    .proves = What carries PPP at the server did not even begin: its log says why.
probe-pptp-call-icmp = the call is taken, and GRE is answered by ICMP { $icmp } from { $from }
    .proves = Who says so does not let GRE (IP protocol 47) through: a filter, or a server on which nothing takes it.
probe-pptp-call-refused = the call is refused: { $result }
    .proves = The service takes no call now.
probe-pptp-call-silence = no reply to the call
    .proves = The service stops after its first reply.
probe-pptp-call-not-tried = not tried: GRE takes raw sockets (CAP_NET_RAW)
    .proves = Whether GRE passes is open. Run it as root to see.

probe-pptp-link = .
    .sent = PPP in the call: the link's options
probe-pptp-link-up = the link is agreed on; the server asks for { $methods }
    .proves = PPP runs at the server, and there is a method of authentication that both know.
probe-pptp-link-open = the link is agreed on; the server asks for no log-on
    .proves = PPP runs at the server, and lets in whoever comes.
probe-pptp-link-failed = RAS error { $ras }: { $text } The server asks for { $methods }. { $detail }
    .proves = GRE passes, and PPP does not come about.
probe-pptp-cut = the server ended the call
    .proves = The connection comes as far as here. The server's log says why it ended.

probe-pptp-log-on = .
    .sent = the user's log-on, once
probe-pptp-log-on-up = the user is accepted, by { $method }
    .proves = User and password are right, and this user may dial in.
probe-pptp-log-on-none = the server wants no log-on
    .proves = Whoever comes is let in.
probe-pptp-log-on-unasked = the server wants a password, and none was given
    .proves = Everything up to the log-on works. With --protocol pptp --user NAME and CAUSEWAY_PASSWORD it goes on.

probe-pptp-encryption = .
    .sent = PPP without encryption: this probe has no MPPE
probe-pptp-encryption-required = this server requires MPPE ({ $mppe }); the log-on itself was accepted
    .proves = The server is right to: a client with MPPE goes on from here, one without cannot connect.
probe-pptp-encryption-offered = the server asks for MPPE ({ $mppe }), and does without
    .proves = Clients without encryption are let in, too: whoever listens reads what they send.
probe-pptp-encryption-none = the server does not ask for encryption
    .proves = Clients without encryption are let in: whoever listens reads what they send. Whether the server encrypts for a client that asks for it was not tried.

probe-pptp-address = .
    .sent = PPP: addresses and name servers
probe-pptp-address-up = address { $address }, the server inside is { $peer }, name servers { $dns }
    .proves = The connection was up, and is ended again. What is behind it was not tried.

probe-pptp-methods = .
    .sent = short calls that suggest one way to authenticate each: { $calls }; no name and no password goes out
probe-pptp-methods-pap = the server takes { $offered }; it does not take { $refused }
    .proves = Over PPTP everybody on the way reads the password. Windows does not use PAP unless it is ticked in the connection's security page.
probe-pptp-methods-none = the server asks nobody to authenticate
    .proves = Whoever comes is in.

probe-phase1 = .
    .sent = main mode with the pre-shared key
probe-phase1-up = the server proved that it knows the key
    .proves = The pre-shared key is right, and both ends accept each other's identity.

probe-quick-mode = .
    .sent = quick mode: ESP in transport mode for L2TP
probe-quick-mode-raw = the associations are installed, ESP as IP protocol 50
    .proves = Phase 2 has a common transform. That ESP passes is not proved yet.
probe-quick-mode-udp = the associations are installed, ESP in UDP 4500
    .proves = Phase 2 has a common transform. That ESP passes is not proved yet.

probe-l2tp = .
    .sent = L2TP inside ESP: the tunnel's first message
probe-l2tp-up = the server answers, and the tunnel is up
    .proves = ESP passes in both directions, and the L2TP service runs.

probe-l2tp-call = .
    .sent = L2TP: a call
probe-l2tp-call-up = the call is taken
    .proves = The server has a free port for the call.

probe-link = .
    .sent = PPP: the link's options
probe-link-up = the link is agreed on
    .proves = PPP runs at the server, and there is a method of authentication that both know.

probe-log-on = .
    .sent = the user's log-on, once
probe-log-on-up = the user is accepted
    .proves = User and password are right, and this user may dial in.
probe-log-on-unasked = the server wants a password, and none was given
    .proves = Everything up to the log-on works. With --user NAME and CAUSEWAY_PASSWORD it goes on.
probe-log-on-failed = RAS error { $ras }: { $text } { $detail }
    .proves = The server refuses this log-on. It was tried once; after some more many servers lock the account.

probe-address = .
    .sent = PPP: addresses and name servers
probe-address-up = address { $address }, the server inside is { $peer }, name servers { $dns }; logged on by { $method }
    .proves = The connection is up. What is reached through it is for the next steps.

probe-methods = .
    .sent = short calls that suggest one way to authenticate each: { $calls }; no name and no password goes out
probe-methods-found = the server takes { $offered }; it does not take { $refused }
    .proves = A client logs on by one of the first, or not at all.
probe-methods-pap = the server takes { $offered }; it does not take { $refused }
    .proves = Windows does not use PAP unless it is ticked in the connection's security page. Inside IPsec the password is protected on the way; the server sees it as it is typed.
probe-methods-partly = the server takes { $offered }; it does not take { $refused }; not found out: { $unknown }
    .proves = The server did not answer all suggestions: of what was not found out nothing is known.
probe-methods-none = the server asks nobody to authenticate
    .proves = Whoever has the pre-shared key is in. Clients that want proof of the server refuse that.

probe-encryption = .
    .sent = what client and server agreed on, and whether PPP was to encrypt, too
probe-encryption-strong = IKE { $ike }; ESP { $esp } ({ $way }); { $ppp }
    .proves = With L2TP/IPsec it is IPsec that encrypts. Nothing of this is known to be breakable.
probe-encryption-aging = IKE { $ike }; ESP { $esp } ({ $way }); { $ppp }
    .proves = With L2TP/IPsec it is IPsec that encrypts. { $aging } holds as it is used here; what is set up anew should take SHA-2.
probe-encryption-weak = IKE { $ike }; ESP { $esp } ({ $way }); { $ppp }
    .proves = With L2TP/IPsec it is IPsec that encrypts, and here by { $weak }, which well-funded attackers can break.
probe-ppp-nothing = the server wants no encryption of PPP
probe-ppp-compression = the server wants PPP to compress, and was told no
probe-ppp-encryption = the server wants PPP to encrypt as well (MPPE), and was told no: inside IPsec it adds nothing

probe-inner-echo = .
    .sent = pings through the tunnel that may not be fragmented, of growing size
probe-inner-echo-all = { $to } answers all sizes: { $passed } octets
    .proves = Packets of full size pass the tunnel in both directions.
probe-inner-echo-some = { $to } answers { $passed } octets, and not { $lost }
    .proves = Large packets vanish: web pages hang although pings work.
probe-inner-echo-none = { $to } answers none of the pings
    .proves = Proves nothing: the server may drop pings.

probe-inner-dns = .
    .sent = a question to the server's name server, through the tunnel
probe-inner-dns-answered = { $server } answers: { $answer }
    .proves = Name servers are reached through the tunnel.
probe-inner-dns-silence = { $server } does not answer: { $answer }
    .proves = Programs reach addresses and no names.

probe-reach = .
    .sent = a ping or a TCP connection through the tunnel, as asked for
probe-reach-ping = { $to } answers in { $answer } ms
    .proves = The network behind the server is reached, and finds the way back.
probe-reach-open = { $to } takes the connection
    .proves = The service behind the server is reached, and finds the way back.
probe-reach-refused = { $to } refuses the connection
    .proves = The host behind the server is reached and finds the way back; nothing listens at this port.
probe-reach-failed = { $to }: { $answer }
    .proves = Either there is no way, forward or back, or a filter or the host itself does not answer.

probe-up = .
    .sent = the connection is up
probe-call-failed = RAS error { $ras }: { $text } { $detail }
    .proves = The connection comes as far as here.
probe-call-out-of-time = there was no time left
    .proves = Nothing: --timeout gives more.

probe-hang-up = .
    .sent = the connection was ended
probe-hang-up-done = the server knows of it, or had its time to
    .proves = Nothing of this attempt is left at the server.

probe-warning-aggressive = The server answers aggressive mode with a pre-shared key: whoever asks can guess at the key offline. Allow main mode only.
probe-warning-clear = The server accepts L2TP without IPsec: passwords and traffic can go over the network readable. Let it take UDP 1701 inside IPsec only.
probe-warning-weak = The server accepts transforms that well-funded attackers can break (3DES, MD5, groups of 1024 or 1536 bits). Keep them only as long as old clients need them.
probe-warning-agreed = Client and server agreed on what well-funded attackers can break, though this client offers better first: the server knows no better, or prefers it.
probe-warning-pptp = PPTP is broken: whoever listens can find out the password's hash. Use it only where nothing else works.
probe-warning-pptp-pap = The server takes PAP over PPTP: whoever listens on the way reads the password of who uses it. Switch it off there.
