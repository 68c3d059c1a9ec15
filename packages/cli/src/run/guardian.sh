# The guardian of `oakum run`: outlives the wrapper just long enough to end what the wrapper owned.
#
# usage: sh guardian.sh MARK
#
# It runs in a session of its own, in an environment without any mark. It prints `ready`, then reads lines from its
# standard input, whose only writer is the wrapper:
#
#   group PID:START      the command leads the process group PID
#   tree PID:START ...   the tree as last seen; replaces the list before
#   keep PID:START ...   never to be ended, nor their descendants; replaces the list before
#   done                 the wrapper has ended the tree itself
#
# When the input ends without `done`, the wrapper was killed: SIGTERM to the tree, up to a second of waiting, then
# SIGKILL until nothing is left, a minute at most. The tree is what carries the mark, the command's process group,
# what was remembered, and the descendants of all these.
#
# It never ends itself, a process that is older than itself (the tree is younger by construction), a pid that has
# another start time now, or what is kept.
#
# PID:START is a pid and its start time, field 22 of /proc/PID/stat. Needs cat, grep, sleep and tr; runs in dash, bash
# and busybox.

trap '' HUP INT QUIT TERM PIPE
set -f
export LC_ALL=C
mark=$1

# parse RECORD: splits a line of /proc/PID/stat into pid, state, parent, group, threads and start.
# The name, in brackets, may itself hold spaces and brackets: the fields follow the last bracket.
parse() {
  pid=${1%% *}
  set -- ${1##*') '}
  state=$1 parent=$2 group=$3 threads=${18} start=${20}
}

# is PID:START: whether that process still lives. Asked right before each signal.
is() {
  IFS= read -r record <"/proc/${1%:*}/stat" && parse "$record" && [ "$pid:$start" = "$1" ]
}

# has LIST WORD: whether the list, words between spaces, has the word.
has() { case " $1 " in *" $2 "*) ;; *) return 1 ;; esac; }

# carries PID: whether the mark is exactly one of its marks.
carries() {
  marks=$(tr '\000' '\n' <"/proc/$1/environ" | grep '^OAKUM_MARKS=') || return 1
  case ":${marks#OAKUM_MARKS=}:" in *":$mark:"*) ;; *) return 1 ;; esac
}

# look: sets found to the tree as it is now, a list of PID:START.
look() {
  set +f
  # Without -F, with which busybox sees no further than the first NUL. Whether it is a mark, carries tells.
  marked=$(grep -l -e "$mark" /proc/[0-9]*/environ | tr -cs '0-9' ' ')
  records=$(cat /proc/[0-9]*/stat)
  set -f
  rows= leader=
  while IFS= read -r record; do
    case $record in *') '*) parse "$record" ;; *) continue ;; esac
    [ "$pid" != "$leads" ] || leader=$start
    # A main thread that has ended while others run shows as Z, but the process lives.
    case $state in Z | X) [ "$threads" -gt 1 ] || continue ;; esac
    [ "$start" -lt "$born" ] || [ "$pid" = "$$" ] || rows="$rows $pid:$start:$parent:$group"
  done <<END
$records
END
  # A leader with another start time leads another group, which got the number anew.
  [ -z "$leader" ] || [ "$leader" = "$leader_start" ] || leads=-

  members= spared=
  for row in $rows; do
    split "$row"
    if has "$keep" "$pid:$start"; then
      spared="$spared $pid"
    elif has "$tree" "$pid:$start" || [ "$group" = "$leads" ]; then
      members="$members $pid"
    elif has "$marked" "$pid" && carries "$pid"; then
      members="$members $pid"
    fi
  done

  # Descendants. Repeated until a round adds none, since a child may stand before its parent.
  more=1
  while [ -n "$more" ]; do
    more=
    for row in $rows; do
      split "$row"
      if ! has "$spared" "$pid" && has "$spared" "$parent"; then
        spared="$spared $pid" more=1
      elif ! has "$members" "$pid" && has "$members" "$parent"; then
        members="$members $pid" more=1
      fi
    done
  done

  found=
  for row in $rows; do
    split "$row"
    # Both are remembered, so that a child is still known after its parent died.
    if has "$spared" "$pid"; then
      has "$keep" "$pid:$start" || keep="$keep $pid:$start"
    elif has "$members" "$pid"; then
      found="$found $pid:$start"
      has "$tree" "$pid:$start" || tree="$tree $pid:$start"
    fi
  done
}

# split ROW: the opposite of how look joins a row.
split() {
  pid=${1%%:*} group=${1##*:}
  set -- "${1#*:}"
  start=${1%%:*}
  set -- "${1#*:}"
  parent=${1%%:*}
}

# clock: sets now to hundredths of a second since boot.
clock() {
  read -r now _ </proc/uptime
  now=${now%.*}${now#*.}
}

end_tree() {
  clock
  began=$now asked= empty=0
  # Two empty looks, because a process in the middle of exec has no environment for an instant.
  while [ "$empty" -lt 2 ] && [ $((now - began)) -lt 6000 ]; do
    look
    empty=$((empty + 1))
    for process in $found; do
      empty=0
      is "$process" || continue
      if [ $((now - began)) -ge 100 ]; then
        kill -KILL "${process%:*}"
      elif ! has "$asked" "$process"; then
        # SIGCONT, because a stopped process takes SIGTERM only when it goes on.
        kill -TERM "${process%:*}"
        kill -CONT "${process%:*}"
        asked="$asked $process"
      fi
    done
    sleep 0.05 || sleep 1
    clock
  done
}

IFS= read -r record <"/proc/$$/stat" && parse "$record" || exit 1
born=$start leads=- leader_start= tree= keep=
echo ready
exec >/dev/null
while read -r word list; do
  case $word in
    group) leads=${list%:*} leader_start=${list#*:} ;;
    tree) tree=$list ;;
    keep) keep=$list ;;
    done) exit 0 ;;
  esac
done
end_tree
