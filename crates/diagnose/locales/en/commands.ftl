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

# Two pre-shared keys side by side. None of their characters is shown.
compare-key = { $file }: { $characters } characters, { $octets } octets with the line break at the end, if there is one; { $encoding }
compare-encoding-ascii = ASCII
compare-encoding-utf8 = UTF-8
compare-encoding-utf8-mark = UTF-8 with a byte order mark
compare-encoding-utf16 = UTF-16
compare-encoding-other = a code page, not UTF-8
compare-same = The keys are the same, octet for octet.
compare-alike = The keys are the same but for this:
compare-different = The keys differ.
compare-encoding = the encoding: the same characters stand in the files as different octets
compare-line-break = { $file } ends with a line break that is not in the other: most programs leave it out, some take it as part of the key
compare-blanks = there are blanks before or behind the key in { $file }: they count
compare-quoted = there are quotation marks around the key in { $file }: where nothing takes them away, they count
compare-invisible = { $file } holds characters that nobody sees, as copying from web pages and messengers brings them
compare-typographic = typographic quotation marks, dashes or blanks stand in { $file } for those of a keyboard; character { $positions }
compare-width = full-width characters stand in { $file } for ASCII; character { $positions }
compare-case = capital letters against small ones; character { $positions }. Keys are case sensitive
compare-look-alike = characters that look alike (0 and O, 1, l and I, letters of other alphabets); character { $positions }
compare-cut = { $file } is the beginning of the other key: it ends behind character { $at }
compare-beheaded = { $file } is the end of the other key: { $count } characters are missing at its beginning
compare-missing = { $file } lacks { $count } of the other key’s characters, at character { $at }
compare-swapped = two neighbours have changed places: characters { $at } and the next
compare-characters = other characters stand at { $positions }; the rest is the same
compare-unlike = the first { $at } characters are the same; what follows differs too much to say how
compare-not-comparable = { $file } is too large for a pre-shared key

# Two exports of the registry.
compare-two-kinds = one is a registry export and the other is not: give two exports, or two files that hold a key each
compare-registry-same = Nothing changed between the two exports.
compare-registry-unknown = This changed between the two exports; nothing of it is known here as a cause of failures:
compare-registry-different = This changed between the two exports, what is known to matter first:
compare-speaks = → now speaks for: { $cause } [{ $id }]
compare-spoke = → no longer speaks for: { $cause } [{ $id }]
compare-absent = not set
compare-octets = octets
compare-left-out = { $count } more changes are not shown.
