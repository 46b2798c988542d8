# Installs the packages named as arguments with apt-get, without their services being started or
# enabled and without PostgreSQL's default cluster being made. Whatever it places it takes away again,
# however it ends. MEGURI_SYSTEM_ROOT is for the tests.
set -eu
root=${MEGURI_SYSTEM_ROOT:-}
mark='placed by meguri while it installs packages'
policy=$root/usr/sbin/policy-rc.d
no_cluster=$root/etc/postgresql-common/createcluster.d/meguri-no-main-cluster.conf

restore() {
    # only what carries our mark: an administrator's policy is not ours to change
    if grep -qs "$mark" "$policy"; then rm -f "$policy"; fi
    if [ -e "$no_cluster" ]; then
        rm -f "$no_cluster"
        # folders that we made and no package took over
        rmdir "${no_cluster%/*}" "$root/etc/postgresql-common" 2>/dev/null || true
    fi
}
trap restore EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ ! -e "$policy" ]; then
    mkdir -p "${policy%/*}"
    printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
fi
mkdir -p "${no_cluster%/*}"
printf '# %s\ncreate_main_cluster = false\n' "$mark" >"$no_cluster"

# a service that was here before is somebody's: it stays as it is
is_unit() { [ -e "$root/lib/systemd/system/$1" ] || [ -e "$root/usr/lib/systemd/system/$1" ]; }
new_units=
# RabbitMQ brings Erlang, and Erlang enables its port mapper
for unit in $(printf '%s.service ' "$@") epmd.service epmd.socket; do
    is_unit "$unit" || new_units="$new_units $unit"
done

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
install() { apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"; }
ls "$root"/var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt-get update
# lists may be old and name files that are gone
install "$@" || { apt-get update && install "$@"; }

if [ -d "$root/run/systemd/system" ]; then
    for unit in $new_units; do
        if is_unit "$unit"; then systemctl disable --quiet "$unit" || true; fi
    done
fi
