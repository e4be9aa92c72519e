#!/bin/sh
# The main job on the embedded SQLite, in a folder of its own that is removed afterwards. Run it with: make demo
set -eu

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cp -R provision.toml manifests backend examples/release-bot.yaml "$here"
cd "$here"
unset DATABASE_URL PROVISION_DATABASE_URL PROVISION_CONFIG

say() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
run() { printf '$ %s\n' "$*"; "$@"; }

say "1. What is declared, and what would change"
run provision validate
run provision plan

say "2. Make it so: one transaction"
printf "$ provision apply\n"; provision apply | tail -n 1

say "3. Again: nothing to do"
run provision plan

say "4. pwdlib accepts the password that alice's manifest declares by its hash"
python - <<'PYTHON'
import sqlite3

from pwdlib import PasswordHash
from pwdlib.hashers.bcrypt import BcryptHasher

(stored,) = sqlite3.connect("provision.db").execute("SELECT password FROM sys_user WHERE username = 'alice'").fetchone()
assert PasswordHash((BcryptHasher(),)).verify("opensesame", stored), "alice cannot log in"
print("verified")
PYTHON

say "5. Somebody makes dave a superuser behind git's back: the plan shows it, apply takes it back"
python -c "
import sqlite3
with sqlite3.connect('provision.db') as connection:
    connection.execute(\"UPDATE sys_user SET is_superuser = 1 WHERE username = 'dave'\")
"
run provision plan
printf "$ provision apply\n"; provision apply | tail -n 1

say "6. A manifest goes: its resources stay until --prune, and then they are disabled, not deleted"
rm manifests/services/metrics.yaml
run provision plan
run provision apply --prune

say "7. A generated key: made, delivered into a folder that git ignores, and printed nowhere"
mv release-bot.yaml manifests/services
printf "$ provision apply\n"; provision apply | tail -n 1
run ls -l secrets
printf "$ sed -n s/ACME_TOKEN=//p secrets/release-bot.env | provision key check --prefix acme\n"
sed -n s/ACME_TOKEN=//p secrets/release-bot.env | provision key check --prefix acme

say "8. In 91 days it gets a successor, and works beside it for a week"
run provision plan --as-of +91d
