# SPDX-License-Identifier: Apache-2.0

# Completion of ipvsadm, ipvsadm-save and ipvsadm-restore for fish.

# __ipvsadm_words: prints the words before the cursor. --netns, which may precede the command, follows it.
function __ipvsadm_words
    set -l words (commandline -opc)
    set -l last 1
    switch "$words[2]"
        case --netns
            set last 3
        case '--netns=*'
            set last 2
    end
    set -l command (math $last + 1)
    if test $last -gt 1; and set -q words[$command]
        set words $words[1] $words[$command] $words[2..$last] $words[(math $command + 1)..]
    end
    printf '%s\n' $words
end

# __ipvsadm_command: prints the command, the first option that is not --netns; of a bundle its first letter.
function __ipvsadm_command
    set -l words (__ipvsadm_words)
    set -q words[2]; or return
    string match -qr -- '^--netns(=|$)' $words[2]; and return
    if string match -qr '^-[^-]' -- $words[2]
        string sub -l 2 -- $words[2]
    else
        string replace -r '=.*' '' -- $words[2]
    end
end

# __ipvsadm_with COMMAND...: whether the command is one of these.
function __ipvsadm_with
    contains -- (__ipvsadm_command) $argv
end

# __ipvsadm_state: whether the state of a sync daemon comes next.
function __ipvsadm_state
    __ipvsadm_with --start-daemon --stop-daemon; and not string match -qr '^(master|backup)$' -- (commandline -opc)
end

# __ipvsadm_sysctls: prints the sysctls that the kernel has.
function __ipvsadm_sysctls
    set -l files /proc/sys/net/ipv4/vs/*
    test -n "$files"; and string replace -r '.*/' '' -- $files
end

# __ipvsadm_first: whether the command comes next.
function __ipvsadm_first
    set -l words (commandline -opc)
    set -l before 1
    switch "$words[2]"
        case --netns
            set before 3
        case '--netns=*'
            set before 2
    end
    test (count $words) = $before
end

# __ipvsadm_netns_first: whether --netns can precede the command, or its value is being written there.
function __ipvsadm_netns_first
    set -l words (commandline -opc)
    test (count $words) = 1; or test "$words[2..]" = --netns
end

# __ipvsadm_can KIND WORD...: whether the command takes options of this kind, and none of the words has been given.
function __ipvsadm_can
    set -l command (__ipvsadm_command)
    switch $argv[1]
        case of-service
            contains -- "$command" -A --add-service -E --edit-service; or return
        case of-server
            contains -- "$command" -a --add-server -e --edit-server; or return
        case part
            contains -- "$command" -L -l --list -S --save ipvsadm-save -Z --zero -C --clear; or return
        case server
            contains -- "$command" -a --add-server -e --edit-server -d --delete-server -L -l --list; or return
        case service
            contains -- "$command" -A --add-service -E --edit-service -D --delete-service -Z --zero \
                -a --add-server -e --edit-server -d --delete-server -L -l --list -S --save ipvsadm-save; or return
            # Options that replace the service in a listing can accompany it in a save.
            __ipvsadm_with -S --save ipvsadm-save; and set argv (string match -vr -- '^(--timeout|--daemon)$' $argv)
        case listing
            contains -- "$command" -L -l --list; or return
        case saving
            contains -- "$command" -S --save ipvsadm-save; or return
        case numeric
            contains -- "$command" -L -l --list -S --save; or return
        case any
            not contains -- "$command" -h --help -v --version --build; and test -n "$command"; or return
        case json
            contains -- "$command" -L -l --list --sysctl --schedulers; or return
        case keep
            contains -- "$command" -A --add-service -a --add-server -E --edit-service -e --edit-server; or return
        case drain
            contains -- "$command" -D --delete-service -d --delete-server; or return
        case ensure
            contains -- "$command" -A --add-service -a --add-server -D --delete-service -d --delete-server; or return
        case daemon
            test "$command" = --start-daemon; or return
        case restore
            contains -- "$command" -R --restore; or return
        case wait
            contains -- "$command" -R --restore -C --clear; or return
        case syncid
            contains -- "$command" --start-daemon --stop-daemon -L -l --list; or return
    end
    set -l words (__ipvsadm_words)
    # The option whose value is being written may stand there.
    contains -- $words[-1] -t --tcp-service -u --udp-service --sctp-service -f --fwmark-service -r --real-server \
        -s --scheduler -M --netmask --pe -b --sched-flags -w --weight -x --u-threshold -y --l-threshold \
        --tun-type --tun-port --mcast-interface --syncid --mcast-group --mcast-port --mcast-ttl --sync-maxlen --sort-by --netns --client --vip
    and set -e words[-1]
    for word in $argv[2..]
        contains -- $word $words[3..]; and return 1
    end
    return 0
end

# __ipvsadm_namespaces: prints the network namespaces that have names.
function __ipvsadm_namespaces
    set -l files /run/netns/* /run/docker/netns/*
    test -n "$files"; and string replace -r '.*/' '' -- $files
end

# __ipvsadm_rules: prints the table of the network namespace that the command line names.
function __ipvsadm_rules
    set -l given (commandline -opc)
    set -l netns (string match -- '--netns=*' $given)
    set -l i (contains -i -- --netns $given); and set netns --netns $given[(math $i + 1)]
    ipvsadm -S -n $netns 2>/dev/null
end

# __ipvsadm_services OPTION: prints the services in the table that this option names; none to add a service.
function __ipvsadm_services
    __ipvsadm_with -A --add-service; and return
    for line in (__ipvsadm_rules)
        set -l words (string split ' ' -- $line)
        string match -q -- "-A $argv[1] *" $line; and echo $words[3]
    end
end

# __ipvsadm_servers: prints the real servers of the service that has been named; to add one, those of all.
function __ipvsadm_servers
    set -l given (commandline -opc)
    set -l service
    set -l address
    for i in (seq 2 (count $given))
        switch $given[$i]
            case -t --tcp-service
                set service -t
            case -u --udp-service
                set service -u
            case --sctp-service
                set service --sctp-service
            case -f --fwmark-service
                set service -f
            case '*'
                continue
        end
        set address $given[(math $i + 1)]
    end
    for line in (__ipvsadm_rules)
        set -l words (string split ' ' -- $line)
        string match -q -- '-a *' $line; or continue
        if not __ipvsadm_with -a --add-server
            string match -q -- "-a $service $address *" $line; or continue
        end
        set -l i (contains -i -- -r $words); and echo $words[(math $i + 1)]
    end | sort -u
end

# __ipvsadm_sched_flags: prints the flags of the named scheduler, each after those already given.
function __ipvsadm_sched_flags
    set -l given (commandline -opc)
    set -l flags flag-1 flag-2 flag-3
    for i in (seq 2 (count $given))
        set -l next (math $i + 1)
        if contains -- $given[$i] -s --scheduler; and contains -- "$given[$next]" sh mh
            set flags $given[$next]-fallback $given[$next]-port $flags
        end
    end
    set -l done (commandline -ct | string replace -r '^--sched-flags=' '' | string match -r '.*,')
    for flag in $flags
        string match -q "*,$flag,*" -- ",$done"; or echo "$done$flag"
    end
end

complete -c ipvsadm -f
complete -c ipvsadm-restore -n 'not contains -- --replace (commandline -opc)' -l replace -d 'check all lines, then change only what differs'
complete -c ipvsadm-restore -n 'not contains -- --only (commandline -opc)' -l only -d 'with --replace, leave services that no line names'
complete -c ipvsadm-restore -n 'not contains -- --dry-run (commandline -opc)' -l dry-run -d 'change nothing; with --replace, print the changes'
complete -c ipvsadm-restore -n 'not contains -- --wait (commandline -opc)' -l wait -x -d 'wait for another restore or clear'
complete -c ipvsadm-save -f
# It takes every option that goes with --save, except --numeric.
complete -c ipvsadm-save -w 'ipvsadm ipvsadm-save'
complete -c ipvsadm-save -n 'not contains -- -n (commandline -opc)' -s n -d 'with numeric addresses and ports'
complete -c ipvsadm-restore -l netns -x -a '(__ipvsadm_namespaces)' -d 'work in this network namespace'

# Commands
complete -c ipvsadm -n __ipvsadm_first -s A -l add-service -d 'add a service'
complete -c ipvsadm -n __ipvsadm_first -s E -l edit-service -d 'change a service'
complete -c ipvsadm -n __ipvsadm_first -s D -l delete-service -d 'delete a service and its real servers'
complete -c ipvsadm -n __ipvsadm_first -s C -l clear -d 'delete all services'
complete -c ipvsadm -n __ipvsadm_first -s L -l list -d 'list services, or what the options select'
complete -c ipvsadm -n __ipvsadm_first -s l -d 'list services, or what the options select'
complete -c ipvsadm -n __ipvsadm_first -s Z -l zero -d 'set the counters of one or all services to zero'
complete -c ipvsadm -n __ipvsadm_first -s a -l add-server -d 'add a real server to a service'
complete -c ipvsadm -n __ipvsadm_first -s e -l edit-server -d 'change a real server'
complete -c ipvsadm -n __ipvsadm_first -s d -l delete-server -d 'delete a real server from a service'
complete -c ipvsadm -n __ipvsadm_first -l set -d 'set the timeouts of connections'
complete -c ipvsadm -n __ipvsadm_first -l start-daemon -d 'start the sync daemon'
complete -c ipvsadm -n __ipvsadm_first -l stop-daemon -d 'stop the sync daemon'
complete -c ipvsadm -n __ipvsadm_first -s R -l restore -d 'run the command lines on standard input'
complete -c ipvsadm -n __ipvsadm_first -s S -l save -d 'write the table as command lines for --restore'
complete -c ipvsadm -n __ipvsadm_first -l sysctl -d 'list or set sysctls'
complete -c ipvsadm -n __ipvsadm_first -l schedulers -d 'list the schedulers that the kernel has or can load'
complete -c ipvsadm -n __ipvsadm_first -s h -l help -d 'print the help'
complete -c ipvsadm -n __ipvsadm_first -s v -l version -d 'print the version'
complete -c ipvsadm -n __ipvsadm_first -l build -d 'print version, revision, Go version and modules of this program'
complete -c ipvsadm -n '__ipvsadm_state' -a 'master backup'
complete -c ipvsadm -n '__ipvsadm_with --sysctl' -a '(__ipvsadm_sysctls)'

# Services
complete -c ipvsadm -n '__ipvsadm_can service -t --tcp-service -u --udp-service --sctp-service -f --fwmark-service --timeout --daemon' -s t -l tcp-service -x -a '(__ipvsadm_services -t)' -d 'TCP service'
complete -c ipvsadm -n '__ipvsadm_can service -t --tcp-service -u --udp-service --sctp-service -f --fwmark-service --timeout --daemon' -s u -l udp-service -x -a '(__ipvsadm_services -u)' -d 'UDP service'
complete -c ipvsadm -n '__ipvsadm_can service -t --tcp-service -u --udp-service --sctp-service -f --fwmark-service --timeout --daemon' -l sctp-service -x -a '(__ipvsadm_services --sctp-service)' -d 'SCTP service'
complete -c ipvsadm -n '__ipvsadm_can service -t --tcp-service -u --udp-service --sctp-service -f --fwmark-service --timeout --daemon' -s f -l fwmark-service -x -a '(__ipvsadm_services -f)' -d 'service of a firewall mark'
complete -c ipvsadm -n '__ipvsadm_can service -6 --ipv6' -s 6 -l ipv6 -d 'the mark\'s packets are IPv6'

# Part of the table
complete -c ipvsadm -n '__ipvsadm_can part -4 --ipv4' -s 4 -l ipv4 -d 'only IPv4 services'
complete -c ipvsadm -n '__ipvsadm_with -C --clear; and __ipvsadm_can part -6 --ipv6' -s 6 -l ipv6 -d 'only IPv6 services'
complete -c ipvsadm -n '__ipvsadm_can part --vip --marks' -l vip -x -d 'only services with such an address'
complete -c ipvsadm -n '__ipvsadm_can part --vip --marks' -l marks -d 'only services of marks'

# With -A and -E
complete -c ipvsadm -n '__ipvsadm_can of-service -s --scheduler' -s s -l scheduler -x -a 'rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos' -d 'how connections are spread'
complete -c ipvsadm -n '__ipvsadm_can of-service -p --persistent' -s p -l persistent -d 'keep a client on its real server'
complete -c ipvsadm -n '__ipvsadm_can of-service -M --netmask' -s M -l netmask -x -d 'treat clients that are alike as one'
complete -c ipvsadm -n '__ipvsadm_can of-service --pe' -l pe -x -a 'sip' -d 'persistence engine'
complete -c ipvsadm -n '__ipvsadm_can of-service -b --sched-flags' -s b -l sched-flags -x -a '(__ipvsadm_sched_flags)' -d 'flags of the scheduler'
complete -c ipvsadm -n '__ipvsadm_can of-service -o --ops' -s o -l ops -d 'schedule each UDP packet separately'

# Real servers
complete -c ipvsadm -n '__ipvsadm_can server -r --real-server' -s r -l real-server -x -a '(__ipvsadm_servers)' -d 'real server'
complete -c ipvsadm -n '__ipvsadm_can of-server -m --masquerading -i --ipip -g --gatewaying' -s m -l masquerading -d 'forward by network address translation'
complete -c ipvsadm -n '__ipvsadm_can of-server -m --masquerading -i --ipip -g --gatewaying' -s i -l ipip -d 'forward through a tunnel'
complete -c ipvsadm -n '__ipvsadm_can of-server -m --masquerading -i --ipip -g --gatewaying' -s g -l gatewaying -d 'forward by direct routing'
complete -c ipvsadm -n '__ipvsadm_can of-server -w --weight' -s w -l weight -x -d 'share of the connections'
complete -c ipvsadm -n '__ipvsadm_can of-server -x --u-threshold' -s x -l u-threshold -x -d 'no new connections from this number on'
complete -c ipvsadm -n '__ipvsadm_can of-server -y --l-threshold' -s y -l l-threshold -x -d 'new connections again below this number'
complete -c ipvsadm -n '__ipvsadm_can of-server --tun-type' -l tun-type -x -a 'ipip gue gre' -d 'kind of tunnel'
complete -c ipvsadm -n '__ipvsadm_can of-server --tun-port' -l tun-port -x -d 'UDP port of a gue tunnel'
complete -c ipvsadm -n '__ipvsadm_can of-server --tun-nocsum --tun-csum --tun-remcsum' -l tun-nocsum -d 'tunnel without checksums'
complete -c ipvsadm -n '__ipvsadm_can of-server --tun-nocsum --tun-csum --tun-remcsum' -l tun-csum -d 'tunnel with checksums'
complete -c ipvsadm -n '__ipvsadm_can of-server --tun-nocsum --tun-csum --tun-remcsum' -l tun-remcsum -d 'tunnel with remote checksums'

# Sync daemons
complete -c ipvsadm -n '__ipvsadm_can daemon --mcast-interface' -l mcast-interface -x -a '(__fish_print_interfaces)' -d 'network interface'
complete -c ipvsadm -n '__ipvsadm_can syncid --syncid' -l syncid -x -d 'ID of the group of directors'
complete -c ipvsadm -n '__ipvsadm_can daemon --mcast-group' -l mcast-group -x -d 'multicast address'
complete -c ipvsadm -n '__ipvsadm_can daemon --mcast-port' -l mcast-port -x -d 'UDP port'
complete -c ipvsadm -n '__ipvsadm_can daemon --mcast-ttl' -l mcast-ttl -x -d 'time to live'
complete -c ipvsadm -n '__ipvsadm_can daemon --sync-maxlen' -l sync-maxlen -x -d 'most bytes in a message'

# With changes of services and real servers
complete -c ipvsadm -n '__ipvsadm_can keep --keep' -l keep -d 'change only what is named'
complete -c ipvsadm -n '__ipvsadm_can drain --drain' -l drain -d 'delete when no connection is left'
complete -c ipvsadm -n '__ipvsadm_can drain --force' -l force -d 'with --drain, delete after that time'
complete -c ipvsadm -n '__ipvsadm_can ensure --ensure' -l ensure -d 'succeed also if it is so already'

# With -R
complete -c ipvsadm -n '__ipvsadm_can restore --replace' -l replace -d 'check all lines, then change only what differs'
complete -c ipvsadm -n '__ipvsadm_can wait --dry-run' -l dry-run -d 'change nothing; with --replace, print the changes'
complete -c ipvsadm -n '__ipvsadm_can restore --only' -l only -d 'with --replace, leave services that no line names'
complete -c ipvsadm -n '__ipvsadm_can wait --wait' -l wait -x -d 'wait for another restore or clear'

# With -L
complete -c ipvsadm -n '__ipvsadm_can listing -c --connection --timeout --daemon' -s c -l connection -d 'list connections'
complete -c ipvsadm -n '__ipvsadm_can listing -t --tcp-service -u --udp-service --sctp-service -f --fwmark-service -c --connection --timeout --daemon' -l timeout -d 'list the timeouts of connections'
complete -c ipvsadm -n '__ipvsadm_can listing -t --tcp-service -u --udp-service --sctp-service -f --fwmark-service -c --connection --timeout --daemon' -l daemon -d 'list the sync daemons'
complete -c ipvsadm -n '__ipvsadm_can listing --stats' -l stats -d 'with counters'
complete -c ipvsadm -n '__ipvsadm_can listing --rate' -l rate -d 'with rates'
complete -c ipvsadm -n '__ipvsadm_can listing --thresholds' -l thresholds -d 'with thresholds'
complete -c ipvsadm -n '__ipvsadm_can listing --persistent-conn' -l persistent-conn -d 'with persistent connections'
complete -c ipvsadm -n '__ipvsadm_can listing --tun-info' -l tun-info -d 'with tunnels'
complete -c ipvsadm -n '__ipvsadm_can listing --nosort --sort --sort-by' -l nosort -d 'in the order of the kernel'
complete -c ipvsadm -n '__ipvsadm_can listing --nosort --sort --sort-by' -l sort -d 'sorted'
complete -c ipvsadm -n '__ipvsadm_can listing --nosort --sort --sort-by' -l sort-by -x -a 'conns inpkts outpkts inbytes outbytes cps inpps outpps inbps outbps active inactive weight' -d 'highest first'
complete -c ipvsadm -n '__ipvsadm_can listing --watch' -l watch -d 'list again and again'
complete -c ipvsadm -n '__ipvsadm_can listing --wide' -l wide -d 'cut nothing'
complete -c ipvsadm -n '__ipvsadm_can listing --total' -l total -d 'with sums'
complete -c ipvsadm -n '__ipvsadm_can listing --color' -l color -d 'colour lines that need a look'
complete -c ipvsadm -n '__ipvsadm_can listing -X --exact' -s X -l exact -d 'with all digits of large numbers'
complete -c ipvsadm -n '__ipvsadm_can numeric -n --numeric' -s n -l numeric -d 'with numeric addresses and ports'
complete -c ipvsadm -n '__ipvsadm_can json -j --json' -s j -l json -d 'everything, as JSON'
complete -c ipvsadm -n '__ipvsadm_can listing --metrics' -l metrics -d 'as metrics of Prometheus'
complete -c ipvsadm -n '__ipvsadm_can listing --client' -l client -x -d 'only connections of these clients'
complete -c ipvsadm -n '__ipvsadm_can listing --count' -l count -d 'count connections by service, real server and state'
complete -c ipvsadm -n '__ipvsadm_can listing --origin' -l origin -d 'show which connections were synced'

# With -S
complete -c ipvsadm -n '__ipvsadm_can saving --thresholds' -l thresholds -d 'with thresholds'
complete -c ipvsadm -n '__ipvsadm_can saving --timeout' -l timeout -d 'with the timeouts of connections'
complete -c ipvsadm -n '__ipvsadm_can saving --daemon' -l daemon -d 'with the sync daemons'
complete -c ipvsadm -n '__ipvsadm_can saving --all' -l all -d 'with all of these'
complete -c ipvsadm -n '__ipvsadm_can saving --sysctl' -l sysctl -d 'sysctls instead of rules'
complete -c ipvsadm -n '__ipvsadm_can saving --stable' -l stable -d 'read until two readings agree'

# With every command
complete -c ipvsadm -n __ipvsadm_netns_first -l netns -x -a '(__ipvsadm_namespaces)' -d 'work in this network namespace'
complete -c ipvsadm -n '__ipvsadm_can any --netns' -l netns -x -a '(__ipvsadm_namespaces)' -d 'work in this network namespace'
