#!/bin/sh
# Runs causeway-collect.sh over a made-up machine with planted secrets: none of them may be in the bundle, and what is no secret
# must be. With a program as argument, `doctor read` must understand the bundle, too.
#
#   packaging/collect/test.sh [target/debug/causeway]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root/etc/ppp/peers" "$root/etc/xl2tpd" "$root/etc/swanctl/conf.d" "$root/etc/causeway" "$root/etc/ipsec.d/private" \
    "$root/var/log"

echo 'anna l2tpd planted-01 *' >"$root/etc/ppp/chap-secrets"
echo '%any %any : PSK "planted-02"' >"$root/etc/ipsec.secrets"
cp "$root/etc/ipsec.secrets" "$root/etc/ipsec.d/more.secrets.conf"
printf 'conn l2tp\n\tauthby=secret\n\ttype=transport\n' >"$root/etc/ipsec.conf"
printf 'secrets {\n ike-1 {\n  secret = "planted-03"\n  secret="planted-04"\n }\n}\nconnections { rw { version = 1 } }\n' \
    >"$root/etc/swanctl/swanctl.conf"
printf '[lns default]\nip range = 10.8.0.2-10.8.0.9\nppp debug = yes\n' >"$root/etc/xl2tpd/xl2tpd.conf"
printf 'require-mschap-v2\nmtu 1400\n' >"$root/etc/ppp/options.xl2tpd"
printf 'user anna\npassword planted-05\nPassword "planted-06"\n' >"$root/etc/ppp/peers/office"
printf '[radius]\nserver=192.0.2.1,planted-07,auth-port=1812\ndae-server=127.0.0.1:3799,planted-08\n' >"$root/etc/accel-ppp.conf"
printf '[server]\nlisten = "0.0.0.0"\npsk = "planted-09"\nsharedSecret: planted-15\npre_shared_key = planted-16\npassword_file = "x"\n' >"$root/etc/causeway/causeway.toml"
printf -- '-----BEGIN PRIVATE KEY-----\nplanted-10\n-----END PRIVATE KEY-----\n' >"$root/etc/ipsec.d/private/host.key"
cp "$root/etc/ipsec.d/private/host.key" "$root/etc/ipsec.d/odd.conf"
cat >"$root/var/log/syslog" <<'END'
Jan 12 08:00:00 gw pluto[5]: "l2tp"[1] 198.51.100.7 #1: IKE SA established {auth=PRESHARED_KEY cipher=AES_CBC_256}
Jan 12 08:00:01 gw pppd[77]: sent [PAP AuthReq id=0x1 user="anna" password="planted-11"]
Jan 12 08:00:02 gw radiusd[9]: (0)   User-Password = "planted-12"
Jan 12 08:00:02 gw radiusd[9]: (0)   Cleartext-Password := "planted-13"
Jan 12 08:00:03 gw charon: 07[IKE] shared Diffie Hellman secret => 16 bytes @ 0x7f
Jan 12 08:00:03 gw charon: 07[IKE]    0: DE AD BE EF DE AD BE EF DE AD BE EF 00 01 02 03  ................
Jan 12 08:00:04 gw charon: 05[IKE] no shared key found for '198.51.100.7' - '203.0.113.9'
Jan 12 08:00:05 gw pluto[5]: "l2tp"[1] 198.51.100.7 #1: probable authentication failure (mismatch of preshared secrets?): malformed payload in packet
Jan 12 08:00:06 gw pluto[5]: loaded key : PSK "planted-14"
END

# A PATH without journalctl, so that the files of the made-up machine are read.
mkdir "$work/bin"
for program in sh awk sed cut tr mktemp rm mkdir date id uname tail head grep tar gzip cp wc cat basename ls ip ss lsmod sysctl; do
    found=$(command -v "$program") && ln -s "$found" "$work/bin/$program"
done
PATH=$work/bin CAUSEWAY_COLLECT_ROOT=$root sh "$here/causeway-collect.sh" --scope site --side server \
    --output "$work/bundle.tar.gz" </dev/null >"$work/printed"

mkdir "$work/out"
tar -C "$work/out" -xzf "$work/bundle.tar.gz"
failed=0
if grep -rnE 'planted-|DE AD BE EF' "$work/out" "$work/printed"; then
    echo 'FAILED: these secrets are in the bundle'
    failed=1
fi
while IFS= read -r expected; do
    if ! grep -rqF -- "$expected" "$work/out"; then
        echo "FAILED: the bundle lacks: $expected"
        failed=1
    fi
done <<'END'
causeway-collect 1
scope: site
side: server
type=transport
ip range = 10.8.0.2-10.8.0.9
require-mschap-v2
user anna
server=192.0.2.1,
listen = "0.0.0.0"
no shared key found for '198.51.100.7'
mismatch of preshared secrets?): malformed payload in packet
{auth=PRESHARED_KEY cipher=AES_CBC_256}
END
[ ! -e "$work/out/causeway-bundle/etc_ppp_chap-secrets" ] || failed=1
[ ! -e "$work/out/causeway-bundle/etc_ipsec.secrets" ] || failed=1

if [ $# -gt 0 ]; then
    "$1" doctor read --json "$work/bundle.tar.gz" >"$work/read" || true
    grep -q '"ike.psk_' "$work/read" || { echo 'FAILED: doctor read does not see the key'; cat "$work/read"; failed=1; }
fi
[ "$failed" -eq 0 ] && echo 'passed'
exit "$failed"
