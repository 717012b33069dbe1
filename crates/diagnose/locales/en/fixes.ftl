### What mends a cause. The commands stand in src/remedy.rs.

fix-windows-assume-udp = On the Windows client, permit IPsec with a server behind a NAT, then restart Windows.
    .price = Windows then also protects traffic to servers whose address a NAT hides; set it only where it is needed.
fix-windows-permit-ipsec = On the Windows client, let L2TP use IPsec again, then restart Windows.
fix-windows-start-services = On the Windows client, start the services that IPsec needs.
fix-same-key = Enter the same pre-shared key at both ends, character by character; upper and lower case differ.
fix-open-udp-500-4500 = Open UDP 500 and UDP 4500 to the server, in both directions, at every firewall and router on the way.

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
