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

export DEBIAN_FRONTEND=noninteractive LC_ALL=C
install() { apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"; }
ls "$root"/var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt-get update
# lists may be old and name files that are gone
install "$@" || { apt-get update && install "$@"; }

if [ -d "$root/run/systemd/system" ]; then
    for package in "$@"; do
        systemctl disable --quiet "$package.service" || true
    done
fi
