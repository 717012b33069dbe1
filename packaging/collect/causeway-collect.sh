#!/bin/sh
# Collects what tells why a VPN connection fails (L2TP/IPsec, PPTP, SSTP) on Linux and macOS, without its secrets.
# The result, causeway-bundle.tar.gz, is for `causeway doctor read`. POSIX sh; nothing is changed on the machine.
#
# Secrets are left out line by line: values that are named like a secret are replaced, and files that hold nothing but
# secrets (chap-secrets, ipsec.secrets) are never opened.
set -u
umask 077
LC_ALL=C
export LC_ALL

usage() {
    cat <<'END'
Usage: causeway-collect.sh [--scope user|site|everyone] [--side client|server] [--since TIME] [--output FILE]

  --scope   who is affected: one user, one site, or everyone; asked for when it is not given
  --side    what this machine is; asked for when it is not given
  --since   how far back the journal is read, as journalctl understands it (default "24 hours ago")
  --output  the file to write (default ./causeway-bundle.tar.gz)
END
}

scope='' side='' since='24 hours ago' output='causeway-bundle.tar.gz'
# For tests: a directory in whose place the root directory would stand.
root=${CAUSEWAY_COLLECT_ROOT:-}

while [ $# -gt 0 ]; do
    case $1 in
    --scope | --side | --since | --output)
        [ $# -ge 2 ] || { echo "causeway-collect: $1 needs a value" >&2; exit 2; }
        case $1 in
        --scope) scope=$2 ;;
        --side) side=$2 ;;
        --since) since=$2 ;;
        --output) output=$2 ;;
        esac
        shift 2
        ;;
    -h | --help) usage; exit 0 ;;
    *) echo "causeway-collect: unknown option $1" >&2; usage >&2; exit 2 ;;
    esac
done

# ask QUESTION: the first letter of the answer; nothing when nobody is there to ask.
ask() {
    [ -t 0 ] || return 0
    printf '%s ' "$1" >&2
    IFS= read -r answer || answer=''
    printf '%s' "$answer" | cut -c1 | tr '[:upper:]' '[:lower:]'
}

if [ -z "$scope" ]; then
    case $(ask 'Who cannot connect: one [u]ser, everybody at one [s]ite, [e]veryone? (Enter: not known)') in
    u) scope=user ;;
    s) scope=site ;;
    e) scope=everyone ;;
    esac
fi
if [ -z "$side" ]; then
    case $(ask 'Is this machine the [c]lient that dials or the [s]erver? (Enter: not known)') in
    c) side=client ;;
    s) side=server ;;
    esac
fi
case $scope in '' | user | site | everyone) ;; *) echo 'causeway-collect: --scope is user, site or everyone' >&2; exit 2 ;; esac
case $side in '' | client | server) ;; *) echo 'causeway-collect: --side is client or server' >&2; exit 2 ;; esac

work=$(mktemp -d "${TMPDIR:-/tmp}/causeway-collect.XXXXXX") || exit 20
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
into=$work/causeway-bundle
mkdir "$into"
about=$into/about.txt
{
    echo 'causeway-collect 1'
    echo "collected: $(date -u '+%Y-%m-%dT%H:%M:%SZ')"
    [ -z "$scope" ] || echo "scope: $scope"
    [ -z "$side" ] || echo "side: $side"
} >"$about"

left_out() {
    echo "left out: $1" >>"$about"
}

# Replaces what may be secret: the rest of a line behind a word that names one, keys in the form of ipsec.secrets, RADIUS secrets
# in the form of accel-ppp, private keys in PEM, and dumps of octets, which debug logs make of keys.
redact() {
    awk '
        BEGIN {
            pair = "[0-9a-f][0-9a-f] +"
            dump = pair pair pair pair pair pair pair "[0-9a-f][0-9a-f]"
            word = "((^|[^a-z])pass|passwd|password|passphrase|secret|psk|shared[-_]?key|api[-_]?key|token)[a-z0-9_-]*"
            named = word "[\"\047]?[ \t]*:?[=:]"
            option = "^[ \t]*(password|secret|psk|passphrase)[ \t]"
            listed = "[ \t:](psk|xauth|eap|ntlm|pin)[ \t]+([\"\047]|0[xs])"
            server = "^[ \t]*(dae-|auth-|acct-)?server=[^,]*,"
        }
        /-----BEGIN [A-Z ]*PRIVATE KEY-----/ { key = 1; print "***" }
        key { if (/-----END [A-Z ]*PRIVATE KEY-----/) key = 0; next }
        {
            low = tolower($0)
            if (match(low, named) || match(low, option) || match(low, server))
                print substr($0, 1, RSTART + RLENGTH - 1) " ***"
            else if (match(low, listed))
                print substr($0, 1, RSTART + RLENGTH - 2) "***"
            else if (match(low, dump))
                print substr($0, 1, RSTART - 1) "***"
            else
                print
        }'
}

# save NAME COMMAND...: the output of a command, when there is such a command and it says anything.
save() {
    name=$1
    shift
    command -v "$1" >/dev/null 2>&1 || return 0
    if ! "$@" >"$work/raw" 2>"$work/error"; then
        # A journal without such lines fails without a word.
        [ -s "$work/raw" ] || [ ! -s "$work/error" ] || left_out "$name: $* failed: $(head -n 1 "$work/error")"
    fi
    if [ -s "$work/raw" ]; then
        redact <"$work/raw" >"$into/$name"
    fi
    rm -f "$work/raw" "$work/error"
}

# copy PATH...: files, as far as they exist and may be read. Files of secrets are never among them.
copy() {
    for path in "$@"; do
        case $path in
        *secrets* | *.key | *.pem | *.p12 | *.psk | */private/*) continue ;;
        esac
        [ -f "$path" ] || continue
        if [ -r "$path" ]; then
            name=$(printf '%s' "${path#"$root"}" | sed -e 's|^/||' -e 's|/|_|g')
            redact <"$path" >"$into/$name"
        else
            left_out "$path: no permission"
        fi
    done
}

# tail_of NAME PATH: the end of a log.
tail_of() {
    [ -f "$2" ] || return 0
    if [ -r "$2" ]; then
        tail -n 20000 "$2" | redact >"$into/$1"
    else
        left_out "$2: no permission"
    fi
}

system=$(uname -s)
[ "$(id -u)" -eq 0 ] || left_out 'what only root may read; run it with sudo for all of it'
save system.txt uname -a
copy "$root/etc/os-release"

case $system in
Darwin)
    save sw_vers.txt sw_vers
    save ifconfig.txt ifconfig
    save routes.txt netstat -rn
    save sockets.txt netstat -an
    save connections.txt scutil --nc list
    tail_of ppp.log "$root/var/log/ppp.log"
    tail_of racoon.log "$root/var/log/racoon.log"
    # `log` is a builtin of some shells; this one is the program.
    if [ -x /usr/bin/log ]; then
        save log.txt /usr/bin/log show --last 1h --style syslog --predicate \
            'process == "pppd" OR process == "racoon" OR process == "nesessionmanager"'
    fi
    ;;
*)
    save ip-addr.txt ip addr
    save ip-route.txt ip route show table all
    save ip-rule.txt ip rule
    save ip-xfrm-policy.txt ip -s xfrm policy
    # That there are none is worth knowing, and looks like a file that is not there.
    if [ ! -f "$into/ip-xfrm-policy.txt" ] && ip xfrm policy >/dev/null 2>&1; then
        echo '# ip -s xfrm policy' >"$into/ip-xfrm-policy.txt"
    fi
    # Without keys; an older program that cannot leave them out fails.
    save ip-xfrm-state.txt ip -s xfrm state list nokeys
    copy /proc/net/xfrm_stat
    save ss.txt ss -lntup
    save lsmod.txt lsmod
    save sysctl.txt sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.all.rp_filter \
        net.ipv4.ip_no_pmtu_disc net.netfilter.nf_conntrack_helper
    save dev-ppp.txt ls -l /dev/ppp
    save nft.txt nft list ruleset
    save iptables.txt iptables-save -c
    save ipsec-status.txt ipsec statusall
    save swanctl.txt swanctl --list-sas
    if command -v journalctl >/dev/null 2>&1; then
        for unit in charon pluto xl2tpd pppd pptpd pptp accel-pppd freeradius radiusd NetworkManager causeway; do
            save "journal-$unit.log" journalctl --no-pager -q -o short-iso --since "$since" -t "$unit"
        done
        for unit in strongswan strongswan-starter ipsec xl2tpd pptpd accel-ppp freeradius causeway; do
            save "unit-$unit.log" journalctl --no-pager -q -o short-iso --since "$since" -u "$unit"
        done
        save journal-kernel.log journalctl --no-pager -q -o short-iso --since "$since" -k -g 'ppp|l2tp|pptp|xfrm|esp|mppe|gre'
    else
        for log in syslog messages daemon.log auth.log secure charon.log pluto.log ppp.log; do
            tail_of "$log" "$root/var/log/$log"
        done
    fi
    copy "$root"/etc/ipsec.conf "$root"/etc/ipsec.d/*.conf "$root"/etc/strongswan.conf "$root"/etc/swanctl/swanctl.conf \
        "$root"/etc/swanctl/conf.d/*.conf "$root"/etc/xl2tpd/xl2tpd.conf "$root"/etc/ppp/options "$root"/etc/ppp/options.* \
        "$root"/etc/ppp/peers/* "$root"/etc/pptpd.conf "$root"/etc/accel-ppp.conf "$root"/etc/causeway/causeway.toml \
        "$root"/etc/modprobe.d/*.conf
    ;;
esac

# Whatever was missed above: no PEM key leaves the machine.
for file in "$into"/*; do
    if grep -q 'PRIVATE KEY-----' "$file" 2>/dev/null; then
        rm -f "$file"
        left_out "$(basename "$file"): holds a private key"
    fi
done

tar -C "$work" -cf "$work/bundle.tar" causeway-bundle && gzip -c "$work/bundle.tar" >"$work/bundle.tar.gz" || exit 20
cp "$work/bundle.tar.gz" "$output" || exit 20
echo "$output holds:"
(cd "$into" && wc -c -- *) | sed -e '$d' -e 's/^/  /'
sed -n 's/^left out: /  not collected: /p' "$about"
echo 'Look through it before you send it: names, addresses and user names are in it.'
echo "Then: causeway doctor read $output"
