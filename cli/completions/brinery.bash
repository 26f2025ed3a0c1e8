# Completion of brinery for bash.  The options are those of `brinery help COMMAND`;
# tests/cli/test_cli_documents.py compares them.

_brinery()
{
    local cur prev command word i
    COMPREPLY=()
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}

    local commands='show get dis json stat ls convert help'
    local common='--color --pickle --quiet --map --help'
    local limits='--max-size --max-input --max-memory --max-values --max-stack --max-memo
        --max-digits --max-work'
    local tree='--depth --items --width --all --ids'

    # The first word that is one of the commands.
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case " $commands " in
            *" $word "*)
                command=$word
                break
                ;;
        esac
    done

    # --color=WHEN is three words for bash.
    if [[ $cur == = && $prev == --color ]]; then
        cur=
        prev==
    fi
    if [[ $prev == = && ${COMP_WORDS[COMP_CWORD - 2]} == --color ]] || [[ $prev == --color ]]; then
        COMPREPLY=($(compgen -W 'auto always never' -- "$cur"))
        return
    fi
    case $prev in
        --max-*)
            COMPREPLY=($(compgen -W 'unlimited' -- "$cur"))
            return
            ;;
        --depth | --items | --width | --pickle | --protocol | -P | -d | -n | -w | -p)
            return
            ;;
    esac

    if [[ -z $command ]]; then
        if [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W "$common $limits --version" -- "$cur"))
        else
            COMPREPLY=($(compgen -W "$commands" -- "$cur"))
        fi
        return
    fi
    if [[ $command == help ]]; then
        COMPREPLY=($(compgen -W 'show get dis json stat ls convert' -- "$cur"))
        return
    fi
    if [[ $cur == -* ]]; then
        local own
        case $command in
            show) own=$tree ;;
            get) own="$tree --json --lossless --raw --pretty --max-nodes" ;;
            dis) own='--annotate --json --all' ;;
            json) own='--lossless --pretty --all --max-nodes' ;;
            stat) own='--json --all' ;;
            ls) own='--recursive --json' ;;
            convert) own='--protocol --small --canonical --sort-keys --reordered --keep-names' ;;
        esac
        COMPREPLY=($(compgen -W "$own $common $limits" -- "$cur"))
        return
    fi
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
}

complete -F _brinery brinery
