#!/bin/bash
# Counts deliver's instructions for each delivery, with callgrind: a figure
# that other work on the machine does not move.
#
#   bench/instructions.sh [SCENARIO]     many-hosts unless named
#
# Runs one round with a tenth of the events, deliver under valgrind, and prints
# the count and what our functions and those that they call have of it.  The profile is
# build/bench/callgrind.out; WEBSUBD_BIN is as in run.sh.
set -eu
cd "$(dirname "$0")/.."

scenario=${1:-many-hosts}
bin=${WEBSUBD_BIN:-$PWD/build/release/bin}
out=$PWD/build/bench/callgrind.out
wrapped=$(mktemp -d)
trap 'rm -rf "$wrapped"' EXIT
mkdir -p build/bench
ln -s "$bin"/* "$wrapped"
rm "$wrapped/websub-deliver"
cat > "$wrapped/websub-deliver" <<END
#!/bin/sh
exec valgrind --quiet --tool=callgrind --callgrind-out-file=$out \
    $bin/websub-deliver "\$@"
END
chmod +x "$wrapped/websub-deliver"
WEBSUBD_BIN=$wrapped bench/run.sh --rounds 1 --tenth \
    --json build/bench/instructions.json "$scenario" >/dev/null
python3 - "$scenario" "$out" <<'END'
import json
import subprocess
import sys

FUNCTIONS = 80

with open("build/bench/instructions.json", encoding="utf-8") as file:
    found = json.load(file)["scenarios"][sys.argv[1]]
load = found["load"]
slices = 1 + load["slices"]  # one goes before the round
deliveries = load["subscriptions"] * load["events"] * slices
text = subprocess.run(["callgrind_annotate", "--inclusive=yes", sys.argv[2]],
                      check=True, capture_output=True, text=True).stdout
lines = [line.split(None, 1) for line in text.splitlines()
         if "websub-deliver]" in line and "PROGRAM" not in line]
total = next(line for line in text.splitlines() if "PROGRAM TOTALS" in line)
count = int(total.split()[0].replace(",", ""))
print(f"{sys.argv[1]}: {count / deliveries:,.0f} instructions a delivery, "
      f"of {deliveries:,} deliveries")
for number, rest in lines[:FUNCTIONS]:
    share = int(number.replace(",", "")) / deliveries
    print(f"{share:10,.0f}  {rest.split(')', 1)[1].split('[')[0].strip()}")
END
