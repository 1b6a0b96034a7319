#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Do the tests of lib/decide notice a wrong verdict, those of lib/policy
(--room policy) a policy misread, and those of the files of lib/engine and
lib/store that say whether something is believed or is enough that they say it
wrongly?

Changes one thing in one source file at a time (a comparison, a condition, a
constant, an operator, a returned value, a statement), builds the room's test
programs with it, and runs them: a change that no test notices has survived,
and that is a failure, unless tests/mutate/equivalent says why nobody could
notice it. An entry there that fits no survivor is a failure too.

    mutate.py --build DIR [--room ROOM] [--jobs N] [--only TEXT] [FILE...]
    mutate.py --list [--room ROOM] [--only TEXT] [FILE...]
    mutate.py --entries

DIR is a configured build whose libstsgate.a is up to date; `make mutate` sees
to that and passes the compiler and its flags in the environment. --list says
which changes there are. --entries, which is quick, looks only for entries that
name no change of any room, since their line was written anew.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
# Of each room: what the tests need beside themselves, all test programs (none:
# of the room only the files below are gone through), and for some files those
# that may notice, the likeliest first.
ROOMS = {
    "decide": (["decide/facts_words.c"],
               ["verdict", "action", "rules", "map"],
               {"rules.c": ["rules", "map", "verdict", "action"],
                "action.c": ["action", "verdict", "rules", "map"],
                "map.c": ["map"]}),
    "policy": (["support/test_ca.c"],
               ["sts_policy", "mx_match", "sts_record", "tlsrpt_record",
                "small", "tlsa", "sts_weaker", "txt_fields"],
               {"mx_match.c": ["mx_match", "sts_policy_told", "sts_policy"],
                "sts_record.c": ["sts_record"],
                "tlsrpt_record.c": ["tlsrpt_record"],
                "txt_fields.c": ["txt_fields", "sts_record",
                                 "tlsrpt_record"],
                "tlsa.c": ["tlsa"],
                "span.c": ["small", "sts_policy", "mx_match"],
                "finding.c": ["small", "sts_policy_told", "sts_policy_caps",
                              "sts_record"],
                "sts_policy.c": ["sts_policy_told", "sts_policy_caps",
                                 "sts_policy", "small"],
                "sts_policy_fields.c": ["sts_policy_told", "sts_policy_caps",
                                        "sts_policy", "small"],
                "sts_weaker.c": ["sts_weaker"]}),
    "engine": ([], [], {"doubt.c": ["doubt"], "enough.c": ["enough"]}),
    "store": ([], [], {"seal.c": ["seal_row"]}),
}
# How some tests are linked, as in their room.mk.
LINKED = {"seal_row": ["-Wl,--wrap=malloc", "-Wl,--wrap=calloc"]}
# A loop that does not end is noticed, too: by the CPU it takes, this and so many
# times what the test takes with nothing changed. By the clock, which runs on
# while others work, it is much longer.
TIMEOUT_S, TIMEOUT_TIMES = 5, 20
CLOCK_S = 120

FAMILIES = [
    ["SG_LEVEL_NONE", "SG_LEVEL_ENCRYPT", "SG_LEVEL_VERIFY",
     "SG_LEVEL_SECURE", "SG_LEVEL_DANE"],
    ["SG_REQUIRE_NONE", "SG_REQUIRE_PUBLISHED", "SG_REQUIRE_ENCRYPT",
     "SG_REQUIRE_VERIFY", "SG_REQUIRE_SECURE", "SG_REQUIRE_DANE"],
    ["SG_ACTION_ACCEPT", "SG_ACTION_TAG", "SG_ACTION_HOLD",
     "SG_ACTION_DEFER", "SG_ACTION_REJECT", "SG_ACTION_AUTO"],
    ["SG_RESULT_PASS", "SG_RESULT_FAIL", "SG_RESULT_UNKNOWN",
     "SG_RESULT_NOT_APPLICABLE"],
    ["SG_GAP_NONE", "SG_GAP_TXT", "SG_GAP_BOGUS", "SG_GAP_HTTPS",
     "SG_GAP_MX", "SG_GAP_UNPROBED", "SG_GAP_INTERNAL"],
    ["SG_TXT_UNASKED", "SG_TXT_NONE", "SG_TXT_RECORD", "SG_TXT_INVALID",
     "SG_TXT_ERROR", "SG_TXT_BOGUS"],
    ["SG_MX_UNASKED", "SG_MX_FOUND", "SG_MX_IMPLICIT", "SG_MX_HOST",
     "SG_MX_NULL", "SG_MX_NXDOMAIN", "SG_MX_ERROR", "SG_MX_BOGUS",
     "SG_MX_UNUSABLE"],
    ["SG_ADDR_UNASKED", "SG_ADDR_OK", "SG_ADDR_NONE", "SG_ADDR_ERROR",
     "SG_ADDR_BOGUS", "SG_ADDR_SPECIAL"],
    ["SG_TLSA_NONE", "SG_TLSA_USABLE", "SG_TLSA_UNUSABLE", "SG_TLSA_ERROR",
     "SG_TLSA_BOGUS", "SG_TLSA_UNASKED"],
    ["SG_PROBE_UNTESTED", "SG_PROBE_OK", "SG_PROBE_FAIL",
     "SG_PROBE_UNREACHABLE"],
    ["SG_STS_MODE_NONE", "SG_STS_MODE_TESTING", "SG_STS_MODE_ENFORCE"],
    ["SG_DNSSEC_INSECURE", "SG_DNSSEC_SECURE", "SG_DNSSEC_BOGUS",
     "SG_DNSSEC_ERROR"],
    ["SG_SENDER_ADDRESS", "SG_SENDER_DOMAIN", "SG_SENDER_SUBDOMAINS",
     "SG_SENDER_NULL"],
    ["SG_RULE_REQUIRE", "SG_RULE_ON_FAIL", "SG_RULE_ON_UNKNOWN",
     "SG_RULE_DRY_RUN", "SG_RULE_WINDOW"],
    ["SG_MAP_NOTFOUND", "SG_MAP_ENCRYPT", "SG_MAP_VERIFY", "SG_MAP_SECURE",
     "SG_MAP_DANE", "SG_MAP_DANE_ONLY", "SG_MAP_TEMP"],
    ["SG_MAP_NO_NAMES", "SG_MAP_HOSTS", "SG_MAP_PATTERNS", "SG_MAP_NOBODY",
     "SG_MAP_UNKNOWN"],
    ["RANK_EXACT", "RANK_OF_GROUP", "0"],
    ["SG_REASON_NONE", "SG_REASON_VALIDATION_FAILURE",
     "SG_REASON_TLSA_INVALID", "SG_REASON_DNSSEC_INVALID",
     "SG_REASON_DANE_REQUIRED", "SG_REASON_STS_POLICY_FETCH_ERROR",
     "SG_REASON_MX_MISMATCH", "SG_REASON_UNREACHABLE", "SG_REASON_TIMEOUT",
     "SG_REASON_DNS_ERROR", "SG_REASON_NULL_MX", "SG_REASON_NO_USABLE_MX",
     "SG_REASON_REQUIRETLS_NOT_OFFERED", "SG_REASON_NOT_PROBED",
     "SG_REASON_SPECIAL_USE_ADDRESS", "SG_REASON_SELF",
     "SG_REASON_OVERLOAD", "SG_REASON_INTERNAL"],
    ["SG_OK", "SG_NONE", "SG_RETRY", "SG_BAD"],
    ["SG_ERROR", "SG_WARNING", "SG_NOTE"],
    ["SG_STS_WEAKER_MODE", "SG_STS_WEAKER_MX", "SG_STS_WEAKER_AGE"],
    ["SG_REQUIRETLS_UNASKED", "SG_REQUIRETLS_NO", "SG_REQUIRETLS_OFFERED"],
    ["SG_TLSA_DANE_TA", "SG_TLSA_DANE_EE"],
    ["SG_TLSA_CERT", "SG_TLSA_SPKI"],
    ["SG_TLSA_FULL", "SG_TLSA_SHA256", "SG_TLSA_SHA512"],
    ["true", "false"],
]
SIBLINGS = {name: [f[(i + d) % len(f)] for d in (1, -1)]
            for f in FAMILIES for i, name in enumerate(f)}
COMPARISONS = {"==": ["!="], "!=": ["=="], "<": ["<=", ">="],
               ">": [">=", "<="], "<=": ["<", ">"], ">=": [">", "<"],
               "&&": ["||"], "||": ["&&"]}
# Between two values; "*" and "&" are of pointers elsewhere.
OPERATORS = {"+": "-", "-": "+", "*": "/", "&": "|", "|": "&", "^": "|",
             "<<": ">>", ">>": "<<"}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "|=": "=", "&=": "=", "^=": "="}

TOKEN = re.compile(r"""
    (?P<gone>/\*.*?\*/|\#(?:[^\n\\]|\\.|\\\n)*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<number>0x[0-9a-fA-F]+|\d+u?)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<op>->|\+\+|--|<<|>>|[=!<>+*/&|^-]=|&&|\|\||[^\s\w])
""", re.S | re.X)


class Mutant:
    def __init__(self, file, text, start, end, new, what):
        self.file, self.what = file, what
        self.text = text[:start] + new + text[end:]
        self.line = text.count("\n", 0, start) + 1
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", end)
        before = text[first:last]
        after = text[first:start] + new + text[end:last]
        head = re.findall(r"^(\w+)\(", text[:start], re.M)
        self.key = "%s %s: %s => %s" % (
            file, head[-1] if head else "-",
            " ".join(before.split()), " ".join(after.split()))


def tokens(text):
    return [(m.lastgroup, m.group(), m.start(), m.end())
            for m in TOKEN.finditer(text) if m.lastgroup != "gone"]


def closing(toks, i):
    """The index of what closes the bracket at i."""
    depth = 0
    for k in range(i, len(toks)):
        if toks[k][1] in "([{":
            depth += 1
        elif toks[k][1] in ")]}":
            depth -= 1
            if depth == 0:
                return k
    raise ValueError("unbalanced")


def is_binary(toks, i):
    """Is the operator at i between two values?"""
    (kind, before), after = toks[i - 1][:2], toks[i + 1]
    if kind not in ("word", "number") and before not in (")", "]"):
        return False
    if toks[i][1] == "*":
        return "number" in (kind, after[0]) or after[1].isupper()
    is_cast = before == ")" and toks[i - 2][1] == "*"
    return before != "return" and not is_cast


def in_function(text, at):
    """Past a line that is '{' alone, before one that is '}' alone."""
    return text.rfind("\n{\n", 0, at) > text.rfind("\n}\n", 0, at)


def mutants_of(file, text):
    toks = tokens(text)
    for i, (kind, tok, start, end) in enumerate(toks):
        after = toks[i + 1] if i + 1 < len(toks) else (None, "", end, end)
        before = toks[i - 1] if i else (None, "", 0, 0)

        def change(new, what, a=start, b=end):
            return Mutant(file, text, a, b, new, what)

        if kind == "op" and tok in COMPARISONS:
            for new in COMPARISONS[tok]:
                yield change(new, "comparison")
        elif tok == "!" and kind == "op":
            yield change("", "negation gone")
        elif kind == "op" and tok in OPERATORS and \
                is_binary(toks, i):
            yield change(OPERATORS[tok], "operator")
        elif kind == "op" and tok in ASSIGNMENTS:
            yield change(ASSIGNMENTS[tok], "operator")
        elif tok == "?":
            yield change("&& false ?", "always the other")
            yield change("|| true ?", "always the one")
        elif kind == "number":
            n = int(tok.rstrip("u"), 0)
            for other in (n + 1, n - 1) if n > 0 else (1,):
                yield change(hex(other) if tok.startswith("0x")
                             else str(other), "number")
        elif kind == "word" and tok in SIBLINGS:
            if before[1] == "case":
                yield change("99 + " + tok, "case gone")
                continue
            for new in dict.fromkeys(SIBLINGS[tok]):
                if new != tok:
                    yield change(new, "constant")
        elif tok in ("if", "while") and after[1] == "(":
            close = closing(toks, i + 1)
            inner = text[after[3]:toks[close][2]]
            yield change("(!(%s))" % inner, "condition", after[2],
                         toks[close][3])
        elif tok == "return" and after[1] not in SIBLINGS and after[1] != ";":
            stop = next(k for k in range(i, len(toks)) if toks[k][1] == ";")
            inner = text[after[2]:toks[stop][2]]
            if re.search(r"[=!<>]=|[<>]|&&|\|\||^\w+\(", inner) and \
                    "?" not in inner:
                yield change("!(%s)" % inner, "returned value", after[2],
                             toks[stop][2])
        elif tok in ("break", "continue"):
            yield change("(void)0", tok + " gone")
        label = before[1] == ":" and (
            toks[i - 2][1] == "default" or toks[i - 3][1] == "case")
        if (label or before[1] in (";", "{", "}", ")", "else")) and \
                kind == "word" and \
                after[1] in ("=", "->", "(", "++") and \
                in_function(text, start) and \
                tok not in ("if", "for", "while", "switch", "return",
                            "sizeof", "static", "sg_assert"):
            stop = i
            depth = 0
            while toks[stop][1] != ";" or depth:
                depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(
                    toks[stop][1], 0)
                if depth < 0:
                    break
                stop += 1
            if depth == 0:
                yield change("(void)0", "statement gone", start,
                             toks[stop][2])


def number_alike(mutants):
    """Changes of lines that read alike are told apart."""
    seen = {}
    for m in mutants:
        n = seen[m.key] = seen.get(m.key, 0) + 1
        if n > 1:
            m.key += " #%d" % n
    return mutants


def words(name):
    return shlex.split(os.environ.get(name, ""))


class Bench:
    """Builds and runs. With sanitize what reads past an end is noticed; that
    is slow, and only for what survives without."""

    def __init__(self, build, room, files, sanitize):
        self.build, self.room = build, room
        helpers, every, some = ROOMS[room]
        self.tests = {name: some.get(name, every) for name in files}
        self.cc = words("CC") or ["cc"]
        self.flags = words("MUTATE_CFLAGS") + ["-O0", "-g0", "-w"]
        if sanitize:
            self.flags += ["-fsanitize=address,undefined",
                           "-fno-sanitize-recover=undefined"]
        self.limits = {}
        self.dir = tempfile.TemporaryDirectory(prefix="mutate-")
        # A copy: a build beside this may make it anew.
        self.libs = [shutil.copy(os.path.join(build, "libstsgate.a"),
                                 self.dir.name)] + words("MUTATE_LIBS")
        for n, helper in enumerate(helpers):
            self.run(["-c", "-o", self.path("helper_%d.o" % n),
                      os.path.join(TOP, "tests", helper)])
            self.libs.insert(0, self.path("helper_%d.o" % n))
        for test in sorted(set(sum(self.tests.values(), []))):
            self.run(["-c", "-o", self.path("test_%s.o" % test),
                      os.path.join(TOP, "tests", room, "test_%s.c" % test)])
            self.link(test, self.path(test), [])
            start = time.monotonic()
            if not self.passes(self.path(test), 600):
                sys.exit("test_%s fails with nothing changed" % test)
            self.limits[test] = TIMEOUT_S + TIMEOUT_TIMES * int(
                time.monotonic() - start)

    def path(self, name):
        """Of a file of this run."""
        return os.path.join(self.dir.name, name)

    def run(self, args):
        subprocess.run(self.cc + self.flags + args, check=True,
                       cwd=self.build, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def link(self, test, exe, objects):
        self.run(["-o", exe, self.path("test_%s.o" % test)] + objects +
                 ["-Wl,--as-needed"] + LINKED.get(test, []) + self.libs)

    def killer(self, mutant, number):
        """What notices the mutant; None: it survives."""
        source = self.path("%d.c" % number)
        obj, exe = self.path("%d.o" % number), self.path("%d" % number)
        with open(source, "w", encoding="ascii") as f:
            f.write(mutant.text)
        try:
            self.run(["-I" + os.path.join(TOP, "lib", self.room), "-c",
                      "-o", obj, source])
        except subprocess.CalledProcessError:
            return "compiler"
        try:
            for test in self.tests[mutant.file]:
                self.link(test, exe, [obj])
                if not self.passes(exe, self.limits[test]):
                    return test
            return None
        finally:
            for name in (source, obj, exe):
                if os.path.exists(name):
                    os.unlink(name)

    def passes(self, exe, limit):
        try:
            return subprocess.run(
                ["sh", "-c", "ulimit -t %d; exec %s" % (limit, exe)],
                timeout=CLOCK_S + limit, cwd=self.dir.name,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**os.environ, "CK_FORK": "no"}).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def read_equivalent():
    """{key: why}: a line of reason, then the indented keys that it is for."""
    why, found = None, {}
    with open(os.path.join(TOP, "tests/mutate/equivalent"),
              encoding="ascii") as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                continue
            if not line[0].isspace():
                why = line.strip()
            else:
                found[line.strip()] = why
    return found


def files_of(room):
    """Those of the room that are gone through."""
    every, some = ROOMS[room][1:]
    if not every:
        return sorted(some)
    return sorted(f for f in os.listdir(os.path.join(TOP, "lib", room))
                  if f.endswith(".c"))


def all_of(room, files):
    """The changes of these files."""
    for name in files:
        path = os.path.join(TOP, "lib", room, name)
        with open(path, encoding="ascii") as f:
            yield from number_alike(list(mutants_of(name, f.read())))


def look_at_entries():
    keys = {m.key for room in ROOMS for m in all_of(room, files_of(room))}
    gone = sorted(set(read_equivalent()) - keys)
    for key in gone:
        print("names no change (any more):\n\t%s" % key)
    return 1 if gone else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build")
    p.add_argument("--room", choices=sorted(ROOMS), default="decide")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--only", default="")
    p.add_argument("--list", action="store_true")
    p.add_argument("--entries", action="store_true")
    p.add_argument("files", nargs="*")
    args = p.parse_args()
    if args.entries:
        return look_at_entries()
    every, some = ROOMS[args.room][1:]
    files = args.files or files_of(args.room)
    for name in files:
        if not some.get(name, every):
            sys.exit("%s: which tests may notice? See ROOMS" % name)
    todo = [m for m in all_of(args.room, files) if args.only in m.key]
    if args.list:
        print("\n".join(m.key for m in todo))
        return 0
    if not args.build:
        p.error("--build is missing")
    killers = [None] * len(todo)
    for sanitize in (False, True):
        bench = Bench(os.path.realpath(args.build), args.room, files, sanitize)
        left = [i for i, killer in enumerate(killers) if killer is None]
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            for i, killer in zip(left, pool.map(
                    bench.killer, [todo[i] for i in left], left)):
                killers[i] = killer
    return report(todo, killers, files, bool(args.only))


def report(todo, killers, files, partial):
    equivalent = read_equivalent()
    unused = {key for key in equivalent if key.split()[0] in files}
    count = {"killed": 0, "compiler": 0, "equivalent": 0, "survived": 0}
    for mutant, killer in zip(todo, killers):
        if killer == "compiler":
            count["compiler"] += 1
        elif killer is not None:
            count["killed"] += 1
        elif mutant.key in equivalent:
            count["equivalent"] += 1
            unused.discard(mutant.key)
        else:
            count["survived"] += 1
            print("survived: line %d, %s\n\t%s" %
                  (mutant.line, mutant.what, mutant.key))
    if not partial:
        for key in sorted(unused):
            print("not a survivor (any more):\n\t%s" % key)
    print("%d mutants: %d killed, %d survived, %d equivalent, %d do not "
          "compile" % (len(todo), count["killed"], count["survived"],
                       count["equivalent"], count["compiler"]))
    return 1 if count["survived"] or (unused and not partial) else 0


if __name__ == "__main__":
    sys.exit(main())
