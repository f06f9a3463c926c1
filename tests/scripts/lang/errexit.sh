(set -e; false; echo no); echo $?
(set -e; false || true; echo yes); echo $?
(set -e; if false; then :; fi; echo yes); echo $?
(set -e; ! true; echo yes); echo $?
(set -e; false && true; echo yes); echo $?
(set -e; true && false; echo no); echo $?
(set -e; f() { false; echo in; }; f; echo no); echo $?
(set -e; f() { false; echo in; }; f || echo or; echo yes); echo $?
(set -e; x=$(false); echo no); echo $?
(set -e; echo $(false); echo yes); echo $?
(set -e; (false); echo no); echo $?
(set -e; false | true; echo yes); echo $?
(set -eo pipefail; false | true; echo no); echo $?
(set -e; while false; do :; done; echo yes); echo $?
(set -e; { false; }; echo no); echo $?
(set -e; ((0)); echo no); echo $?
(set -e; [[ a == b ]]; echo no); echo $?
(set -e; local x 2>/dev/null; echo no); echo $?
(set -e; f() { local x=$(false); echo yes; }; f); echo $?
trap 'echo ERR $?' ERR; false; true; (exit 3); false || true; if false; then :; fi
