### What the doctor's commands say beside reports: mistakes in what was asked for, and what this machine does not permit.

error-page-is-evidence = { $file } is evidence; name another file for --html
error-cannot-read = cannot read { $file }: { $error }
error-cannot-write = cannot write { $file }: { $error }
error-no-keys = there is no key in the files that --keys names
error-too-many-files = { $count } files are too many; name those of the failure
error-two-outputs = --html - and --json both want the standard output; give the page a FILE
error-cannot-ask = cannot ask: { $error }
error-signals = cannot take signals: { $error }
error-names = cannot resolve names: { $error }
error-interrupted = interrupted
error-route = cannot ask for the route to { $server }: { $error }
error-wait = cannot wait for sockets: { $error }
error-socket = cannot open a UDP socket at { $address }: { $error }
error-no-key-for-user = no pre-shared key for --user: give it in CAUSEWAY_PSK, with --psk-file FILE, or as a systemd credential “psk”
error-secret-exposed = { $file } can be read by others (mode { $mode }): chmod 600 { $file }
error-secret-empty = the secret { $name } is empty
error-session-alive = this session has not failed; “causeway session show” tells about it
error-session-unknown = no failed session of that name; “causeway session failed” lists them

progress-reading = { $file }: { $percent } %
progress-read = { $file }: read
standard-input = standard input
keys-trouble = keys: { $trouble }

# What the operating system says of files and sockets.
io-not-found = there is no such file or directory
io-permission = permission denied
io-directory = it is a directory
io-in-use = the address is in use
io-no-file-inside = there is no file in it
resolver-unknown = the name servers know no such name
resolver-no-answer = the name servers do not answer

# What clients are known to get wrong about a pre-shared key.
probe-warning-key-ascii = The pre-shared key holds characters outside ASCII: clients encode them differently, and the keys will not match.
probe-warning-key-quotes = The pre-shared key holds quotes, a backslash, a blank or #: some clients cut or change it there.

# Why something behind the server was not reached.
inner-reset = connection refused
inner-broken = connection reset
inner-no-such-name = no such name
inner-no-address = the name has no IPv4 address
inner-name-server = the name server says RCODE { $code }
inner-silence = no answer for { $seconds } s
inner-no-name-server = the tunnel came without name servers
inner-no-tunnel = there is no tunnel at the moment
