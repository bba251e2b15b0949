#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Time from the write of the line that exceeds a limit to the start of the panel call, and the
daemon's wake-ups at rest. Runs build/osmd in a scratch root with a double of cPanel's uapi that
notes when it was started. Run by `make bench` as root; a figure, never a test."""
import json, os, pwd, re, shutil, signal, subprocess, sys, tempfile, time

ROUNDS = int(os.environ.get("ROUNDS_LATENCY", "100"))
LIMIT = 5
root = tempfile.mkdtemp(prefix="osm-latency-")
B62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def put(path, text, mode=0o644):
    path = root + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def b62(n, width):
    out = ""
    for _ in range(width):
        out = B62[n % 62] + out
        n //= 62
    return out


# Notes the time before anything else, then does and answers what cPanel's does.
DOUBLE = r'''
#include <stdio.h>
#include <string.h>
#include <time.h>
static void add(const char *path, const char *mail, double at)
{
	FILE *f = fopen(path, "a");

	if (at > 0)
		fprintf(f, "%s %.6f\n", mail, at);
	else
		fprintf(f, "%s\n", mail);
	fclose(f);
}
int main(int argc, char **argv)
{
	struct timespec t;
	char mail[256] = "";

	clock_gettime(CLOCK_REALTIME, &t);
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "email=", 6))
			for (char *p = argv[i] + 6, *o = mail; *p && o < mail + 250; *++o = 0)
				if (!strncmp(p, "%40", 3))
					*o = '@', p += 3;
				else
					*o = *p++;
	add(ROOT "/started", mail, t.tv_sec + t.tv_nsec / 1e9);
	add(ROOT "/etc/outgoing_mail_hold_users", mail, 0);
	puts("{\"apiversion\":3,\"module\":\"Email\",\"func\":\"hold_outgoing\",\"result\":{\"status\":1,"
	     "\"data\":null,\"errors\":null,\"messages\":null,\"warnings\":null,\"metadata\":{}}}");
	return 0;
}
'''


def setup():
    put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nacct1:x:1500:1500::/home/acct1:/bin/sh\n")
    put("/etc/userdomains", "".join("d%d.example: acct1\n" % i for i in range(ROUNDS)))
    put("/etc/trueuserdomains", "d0.example: acct1\n")
    put("/etc/localdomains", "d0.example\n")
    put("/etc/outgoing_mail_hold_users", "")
    put("/etc/outgoing_mail_suspended_users", "")
    put("/var/log/exim_mainlog", "")
    os.makedirs(root + "/var/spool/exim/input")
    put("/uapi.c", DOUBLE)
    os.makedirs(root + "/usr/local/cpanel/bin")
    subprocess.run(["cc", "-O2", "-DROOT=\"%s\"" % root, "-o", root + "/usr/local/cpanel/bin/uapi",
                    root + "/uapi.c"], check=True)
    put("/usr/local/cpanel/bin/whmapi1", "#!/bin/sh\nexit 1\n", 0o755)
    put("/etc/osm/osm.conf", 'TESTING = "0"\nLOGLINE_LIMIT = "%d"\nLOGLINE_ACTIONS = "store,hold"\n'
        'LOGLINE_SUBJECT_LIMIT = "0"\nACTION_MAX = "1000"\nREPORT_EMAIL = "0"\n' % LIMIT)


def burst(log, n):
    """LIMIT + 1 messages of a mailbox of its own; returns the time the last line was written."""
    for i in range(LIMIT + 1):
        now = time.time()
        mid = "%s-%s-%s" % (b62(int(now), 6), b62(1000 + n * (LIMIT + 1) + i, 6), "0G")
        mailbox = "bob@d%d.example" % n
        put("/var/spool/exim/input/%s-H" % mid,
            "%s-H\nmailnull 0 12\n<%s>\n%d 0\n-auth_id %s\n-received_protocol esmtpsa\n" % (mid, mailbox, now, mailbox))
        line = ("%s %s <= %s H=(pc) [203.0.113.7]:52144 P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no "
                'A=dovecot_login:%s S=1835 T="n %d" for ann@example.net\n'
                % (time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)), mid, mailbox, mailbox, i))
        written = time.time()
        os.write(log, line.encode())
    return written


def switches(pid):
    text = open("/proc/%d/status" % pid).read()
    return sum(int(x) for x in re.findall(r"voluntary_ctxt_switches:\s+(\d+)", text))


def children(pid):
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [int(p) for p in out] + [c for p in out for c in children(int(p))]


setup()
daemon = subprocess.Popen(["build/osmd", "--root", root], stderr=open(root + "/stderr", "w"))
try:
    for _ in range(100):
        if os.path.exists(root + "/run/osm/osmd.sock"):
            break
        time.sleep(0.05)
    else:
        sys.exit("osmd did not start:\n" + open(root + "/stderr").read())
    log = os.open(root + "/var/log/exim_mainlog", os.O_WRONLY | os.O_APPEND)
    written = {}
    for n in range(ROUNDS):
        written["bob@d%d.example" % n] = burst(log, n)
        time.sleep(0.15)
    time.sleep(1)
    started = dict((a, float(b)) for a, b in (l.split() for l in open(root + "/started")))
    ms = sorted((started[k] - written[k]) * 1000 for k in written if k in started)
    print("line written -> panel program running (a compiled double of uapi):")
    print("  %d of %d acted upon; p50 %.1f ms, p99 %.1f ms, worst %.1f ms"
          % (len(ms), ROUNDS, ms[len(ms) // 2], ms[min(len(ms) - 1, int(len(ms) * 0.99))], ms[-1]))
    time.sleep(3)
    pids = [daemon.pid] + children(daemon.pid)
    before = sum(switches(p) for p in pids)
    time.sleep(20)
    print("wake-ups at rest, all processes of osmd, 20 s: %d" % (sum(switches(p) for p in pids) - before))
finally:
    daemon.send_signal(signal.SIGTERM)
    daemon.wait(10)
    shutil.rmtree(root)
