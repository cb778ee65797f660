# SPDX-License-Identifier: Apache-2.0

# Completes lines in fish: fish.fish fish COMPLETION <LINES. For each it prints "== LINE" and what it may become.
# Completions that are installed are not used.
set fish_complete_path
source $argv[2]
while read -l line
    echo "== $line"
    complete -C$line | string replace -r '\t.*' ''
end
exit 0
