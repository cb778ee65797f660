# SPDX-License-Identifier: Apache-2.0

# Completes lines in fish: fish.fish COMPLETION <LINES. For each it prints "== LINE" and what it may become.
source $argv[1]
while read -l line
    echo "== $line"
    complete -C$line | string replace -r '\t.*' ''
end
