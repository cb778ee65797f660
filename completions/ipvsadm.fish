# SPDX-License-Identifier: Apache-2.0

# Completion of ipvsadm, ipvsadm-save and ipvsadm-restore for fish. The program itself knows what a line can go on with.

# __ipvsadm_ask: prints the program's answer. In the directory of a wrapper is the program.
function __ipvsadm_ask
    set -l words (commandline -opc)
    set -l program (string replace -r '[^/]*$' '' -- $words[1])ipvsadm
    set -lx PATH $PATH /usr/local/sbin /usr/sbin /sbin
    command -q $program; and command $program --complete $words $argv </dev/null 2>/dev/null
end

function __ipvsadm_offers
    set -l current (commandline -ct | string unescape)
    set -l length (string length -- "$current")
    for line in (__ipvsadm_ask "$current")
        set -l offer (string split \t -- $line)
        switch $offer[1]
            case word open
                # Fish would also offer options that merely contain what is there.
                string match -q -- '-*' "$current"; and test (string sub -l $length -- $offer[2]) != "$current"; and continue
                string join \t -- $offer[2..]
            case files
                __fish_complete_path "$current"
        end
    end
end

for program in ipvsadm ipvsadm-save ipvsadm-restore
    complete -c $program -f -a '(__ipvsadm_offers)'
end
