### What mends a cause. The commands stand in src/remedy.rs.

fix-check-route = On the client, look for a default route and for a log-in page of the network.
fix-check-name = On the client, resolve the name, and compare with another name server; correct the server setting or the record.
fix-check-address = Compare the address that is dialled with the server's present one; start the server, or correct the address.
fix-open-udp-500-4500 = Open UDP 500 and UDP 4500 to the server, and their answers back, at every firewall and router on the way. Do not open UDP 1701 to the Internet: with IPsec it travels inside.
fix-linux-open-ipsec = On a Linux server with nftables, permit IPsec.
fix-windows-open-ipsec = On a Windows server, permit IPsec in its firewall.
fix-security-software = A security program on the client may drop IKE: switch its firewall off for one attempt; if that is it, switch it on again with an exception for UDP 500 and 4500.
    .price = While it is off, nothing of it protects the machine.
fix-forward-4500 = On the router in front of the server, forward UDP 4500 as well as UDP 500 to it; switch an “IPsec passthrough” or IPsec ALG off, which breaks NAT traversal on many routers. “PPTP passthrough” does nothing for L2TP.
fix-open-esp = Open IP protocol 50 (ESP) to the server at every firewall on the way, in both directions.
fix-force-udp = Make ESP travel in UDP, which passes where protocol 50 does not: with Causeway force_udp, with strongSwan forceencaps=yes, with libreswan encapsulation=yes.
fix-open-tcp-1723 = Open TCP 1723 and IP protocol 47 (GRE) to the server at every firewall on the way, in both directions.
fix-pptp-passthrough = Switch “PPTP passthrough” on at the router. On a Linux router, load the helper and give it port 1723.
fix-leave-pptp = Better: move from PPTP to L2TP/IPsec, which needs only UDP 500 and 4500 and is not broken.
fix-ike-fragmentation = Switch IKE fragmentation on at both ends (RFC 7383, or fragmentation=yes for IKEv1), or permit IP fragments at the firewalls on the way.
fix-smaller-certificates = Use smaller certificates: elliptic curves, and no longer chain than needed.
fix-lower-mtu = Lower the largest packet of the tunnel at the server to 1400 or less, or limit the segment size of TCP there.
fix-permit-too-big = Permit ICMP “fragmentation needed” and “packet too big” at the firewalls on the way; without them no machine learns the right size.
fix-keepalive = Let the client send keepalives every 20 seconds, and raise the UDP time-out of the NAT above that.
fix-reconnect = Dial again. If it happens often, look for what the times have in common.
fix-find-port-owner = Find the program that owns the port and stop it, or give it another port.
fix-offer-strong = On the client, offer AES-256, SHA-256 or SHA-1, and a group of 2048 bits or more. For L2TP Windows offers these by itself; for IKEv2 it offers the 1024-bit group only, unless NegotiateDH2048_AES256 is 1 or a policy is set with Set-VpnConnectionIPsecConfiguration.
fix-server-stock-proposals = On the server, permit what built-in clients offer: AES-256 or AES-128, SHA-1 or SHA-256, and MODP2048, ECP256 or ECP384.
fix-server-legacy = Only for clients that can do nothing better, permit 3DES and the 1024-bit group at the server.
    .price = Traffic of such clients can be read by an attacker with great means; keep it to one listener or connection, and retire the clients.
fix-esp-stock-proposals = On the server, permit for ESP AES with SHA-1 or SHA-256 (128 bits of check value) or AES-GCM, in transport mode.
fix-same-key = Enter the same pre-shared key at both ends. Copy it as text; upper and lower case differ, and a blank at its end counts.
fix-plain-key = Choose a key of 20 or more plain letters and digits, and set it at both ends.
fix-key-for-any = On the server, give the key for clients whose addresses are not known, in strongSwan and libreswan “%any %any : PSK”.
fix-client-key = On the client, enter the pre-shared key: on Windows under Properties, Security, Advanced settings.
fix-identity-any = On the client, accept the identity that the server has (rightid=%any with strongSwan), or let the server name itself as the client expects (leftid).
fix-issue-machine-certificate = Issue a certificate for the machine, with its private key, into the local machine's store, and dial again.
fix-configure-certificate = In the daemon's configuration, name a certificate file that exists, and its key.
fix-trust-root = Import the issuing root, and what lies between, into the trusted roots of the machine that refuses.
    .price = The machine then believes everything that this authority issues; import only one that you run or know.
fix-certificate-name = Issue the server's certificate with the name that clients dial as a subject alternative name; or dial the name that it carries.
fix-certificate-usage = Issue the certificate with serverAuth (1.3.6.1.5.5.7.3.1) for the server, and clientAuth (1.3.6.1.5.5.7.3.2) for the client; some servers want both.
fix-renew-certificate = Renew the certificate, and set the clocks of both machines by NTP.
fix-nat-t-both = Switch NAT traversal on at the side that lacks it, or update that side.
fix-server-public-address = Give the server a public address of its own; then no client needs a registry value.
fix-windows-assume-udp = On the Windows client, permit IPsec with a server behind a NAT, then restart Windows. The value belongs to PolicyAgent (on Windows XP to IPSec); elsewhere it does nothing.
    .price = Windows then also makes associations with servers whose address a NAT hides, so set it only on machines that need it.
fix-clients-by-association = Use a server that tells clients apart by their associations, not by address and port; with strongSwan the connmark plugin, with libreswan overlapip=yes, and with Causeway nothing.
fix-one-behind-nat = Until then, connect one of them by another way, such as IKEv2 or SSTP.
fix-selectors-l2tp = On the server, permit UDP port 1701 at its end and any port at the client's (leftprotoport=17/1701, rightprotoport=17/%any).
fix-no-pfs = On the server, do not demand a group for ESP: pfs=no with libreswan, an esp proposal without a group with strongSwan.
fix-enable-ikev1 = On the server, switch IKEv1 on for L2TP/IPsec (keyexchange=ikev1, or ikev2=no), or dial with IKEv2.
fix-main-mode = Set both sides to main mode.
fix-windows-update = Install the current Windows updates: KB5010793 (Windows 10) or KB5010795 (Windows 11) and everything later mend it.
fix-server-less-vendor-ids = On the server, send no vendor IDs that are not needed.
fix-update-server = Update the server's software.
fix-update-both = Update both sides to current versions; if it persists, report it with the capture and both versions.
fix-longer-lifetimes = Set the lifetimes of both sides alike, the client's a little shorter than the server's, and switch rekeying on at one side only if the other cannot.
fix-sha2-128 = Set ESP to AES-GCM, SHA-1 or SHA-512, or correct the truncation for these clients (sha2-truncbug, sha256_96). Better: update the old clients.
fix-protect-any-port = On the client, let the policy protect every source port (leftprotoport=17/%any): L2TP is then protected from whatever port it leaves.
fix-restore-policies = If a machine has associations and no policies, restart its IPsec service: something has flushed them.
fix-free-1701 = On the client, stop the other L2TP service, so that L2TP leaves from the port that the policy protects.
fix-windows-permit-ipsec = On the Windows client, let L2TP use IPsec again, then restart Windows.
fix-start-l2tp = On the server, start the L2TP service and let it wait on UDP 1701.
fix-permit-1701-inside = On the server, permit UDP 1701 for what came out of IPsec, and for nothing else.
fix-no-tunnel-secret = Switch the L2TP tunnel secret off at the server (challenge = no): inside IPsec it adds nothing, and Windows cannot do it.
fix-read-server-log = Read the server's log at the same second: the real reason stands there, usually from PPP.
fix-more-ports = Raise the limit of connections for this tunnel type, and end the dead ones.
fix-enable-tunnel-type = On the server, switch this tunnel type on, or dial with one that is.
fix-start-pppd = See why the server's PPP does not start: run it by hand with the same options.
fix-common-auth = Permit MS-CHAPv2 at both ends; PAP and CHAP only inside IPsec. On Windows the boxes are under Properties, Security.
fix-fix-loop = Find and open the loop: a bridge, a mirror port, or a device that sends packets back.
fix-check-credentials = Enter user name and password again, by hand; mind the keyboard layout. On the server, look the account up and set the password anew.
fix-other-spelling = Spell the name in another way: user, DOMAIN\user, or user@domain; let server and clients agree on one.
fix-unlock-account = Unlock the account, and find the device that tries the old password.
fix-enable-account = Enable the account, if the user may log on.
fix-extend-account = Extend the account's date of expiry, if the user may log on.
fix-change-password = Let the user change the password, at a machine in the office or by the administrator.
fix-extend-hours = Extend the permitted hours of the account or the policy, or dial within them.
fix-grant-dialin = Permit remote access in the account, or put the user into the group that the policy grants.
fix-rras-domain = A Windows server that is to read this from the domain is a member of it, and its computer account is in the domain's group “RAS and IAS Servers” (a security group, domain local), which may read the object “RAS and IAS Servers Access Check”. Restart the server after a change. What guides for NT 4 say, to add Everyone to “Pre-Windows 2000 Compatible Access”, opens the directory to everybody: leave it.
fix-fix-policy = Add or change a policy so that it matches this user, tunnel type and time, and mind the order of policies.
fix-fix-constraint = Change the constraint that refuses, or dial as it demands; the reason code in the server's log names it.
fix-enable-method = Switch the method that the policy demands on in the server's settings, or change the policy.
fix-ntlmv2-compat = On the remote access server, let it check MS-CHAPv2 by NTLMv2 (KB2811487), then restart its service.
fix-start-radius = Start the RADIUS server, and correct its address and port (1812) at the VPN server; permit UDP 1812 and 1813 between the two.
fix-same-radius-secret = Enter the same RADIUS secret at both servers.
fix-add-radius-client = Add the address from which the VPN server asks to the RADIUS server's clients.
fix-send-message-authenticator = Update the VPN server so that it sends a Message-Authenticator.
fix-not-require-message-authenticator = Until then, do not require it for this client at the RADIUS server (require_message_authenticator = no).
    .price = An attacker between the two servers can then forge the RADIUS answer and let himself in (CVE-2024-3596); keep the two on a protected network.
fix-common-eap = Agree on one EAP type at client, server and policy, and install the certificates that it needs.
fix-tls-12 = Switch TLS 1.2 on at both sides, or update the older one.
fix-publish-ntauth = Put the issuing authority's certificate into the NTAuth store.
fix-mppe-both = With PPTP: switch MPPE with 128 bits on at the side that refuses it, and load its kernel module there.
fix-mppe-off-in-ipsec = With L2TP/IPsec: do not require encryption of PPP, IPsec encrypts already. On Windows choose “optional encryption”.
fix-mppe-128 = Permit 128 bits and stateless mode at both sides.
fix-mschapv2-for-mppe = Authenticate with MS-CHAPv2 or EAP-MSCHAPv2, which give keys.
fix-larger-pool = Enlarge the range of addresses for clients, and end dead sessions; let echo requests find them.
fix-configure-pool = Give the server a range of addresses for clients, or mend its DHCP.
fix-enable-ipcp = Switch IPv4 on in the PPP options of the side that refuses it.
fix-windows-reset-ip = On the one Windows machine that fails, see that TCP/IP (ms_tcpip) is bound to the WAN Miniports, and reset TCP/IP. Addresses that were entered by hand are lost with it, and come back from the file.
fix-windows-rebuild-miniports = If that does not suffice, let Windows make the WAN Miniports anew: uninstall the “WAN Miniport” devices in the device manager and scan for hardware changes. The last resort is netcfg -d, which takes away every network adapter, virtual switch and other VPN of the machine, too; keep their settings. Guides that delete DriverDesc and force a Bluetooth driver onto the miniport do the same at a greater risk.
fix-fix-dhcp = See why DHCP does not answer the server, or give it a static range.
fix-other-range = Give clients addresses from a range that no network of theirs contains.
fix-return-route = Give the hosts behind the server, or their gateway, a route to the clients' addresses by way of the server; or let the server translate them.
fix-host-route = On the client, keep a route to the server's public address outside the tunnel.
fix-enable-forwarding = On the server, switch forwarding on, and keep it so.
fix-permit-forwarding = Permit what comes from the tunnel in the forwarding rules, and translate it where there is no route back.
fix-tunnel-dns = Let the server hand out a name server that the clients can reach, and the clients use it.
fix-windows-start-services = On the Windows client, start the services that IPsec needs, and let them start by themselves.
fix-start-server = On the server, start the VPN services and look why they stopped.
fix-update-weak = Update the side that can do nothing better.
fix-windows-weak = Only as a last resort, permit weak algorithms in Windows.
    .price = DES and MD5 are permitted again for every L2TP connection of this machine; such traffic can be read.
fix-load-modules = Load the modules, take them from blacklists, and install the package that holds them.
fix-make-dev-ppp = Make the device, or pass it into the container.
fix-update-or-return = Update to a release without the bug; until then go back to the one before.
fix-move-registry-value = Decide whether the value is needed at all: several of them make a machine less secure. If it is, set it in the right key, delete it in the wrong one, and restart Windows.
fix-mend-configuration = Mend the line that the program complains of, and start it again.

# Where something has to be changed.

at-client = the client's machine
at-server = the server
at-either = client or server
at-path = the network between them
at-that-side = the side that shows it
at-that-host = the machine that shows it
at-user = the user
at-administrator = the administrator
at-certificate = whoever issues certificates
at-nobody = nobody
