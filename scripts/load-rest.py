#!/usr/bin/env python3
"""What a REST query costs the server: CPU time of its process for each, over one connection that is kept.

    scripts/load-rest.py FOLDER [USERS [REQUESTS]]

FOLDER has a `userstatusd`, as target/release does. The users are accounts that nobody has logged in to.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import time

FOLDER = pathlib.Path(sys.argv[1])
USERS = int(sys.argv[2]) if len(sys.argv) > 2 else 100
REQUESTS = int(sys.argv[3]) if len(sys.argv) > 3 else 20_000
DAEMON = FOLDER / "userstatusd"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    # The name, field 2, stands in brackets and may hold anything.
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def measure(server):
    ready = json.loads(server.stdout.readline())
    app, secret = str(ready["app_id"]), ready["secret_key"]
    environment = {**os.environ, "USERSTATUS_ADMIN": f"http://{ready['admin']}", "USERSTATUS_ADMIN_TOKEN": ready["admin_token"]}
    command = [DAEMON, "app", "set", app, "--rest-calls-per-s", "100000"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    mint = [DAEMON, "usersig", "mint", "--app-id", app, "--user", "administrator", "--key", secret]
    sig = subprocess.run(mint, check=True, capture_output=True, text=True).stdout.strip()
    query = f"sdkappid={app}&identifier=administrator&usersig={sig}&random=1&contenttype=json"
    connection = http.client.HTTPConnection(ready["rest"].removeprefix("http://"))

    def call(path, body):
        connection.request("POST", f"/v4/{path}?{query}", body)
        answer = connection.getresponse().read()
        assert b'"ErrorCode":0' in answer, answer[:300]

    users = [f"user{number:05}" for number in range(USERS)]
    for start in range(0, USERS, 100):
        call("im_open_login_svc/multiaccount_import", json.dumps({"Accounts": users[start : start + 100]}))
    body = json.dumps({"To_Account": users})
    for count in [REQUESTS // 10, REQUESTS]:
        began_at, began_cpu = time.monotonic(), cpu_s(server.pid)
        for _ in range(count):
            call("openim/query_online_status", body)
        cpu_us = 1e6 * (cpu_s(server.pid) - began_cpu) / count
        elapsed_us = 1e6 * (time.monotonic() - began_at) / count
    print(f"a query about {USERS} users: {cpu_us:.1f} us of the server's CPU, {elapsed_us:.0f} us in all")


arguments = ["dev", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--rest-listen", "127.0.0.1:0"]
with subprocess.Popen([DAEMON, *arguments, "--log-level", "warn"], stdout=subprocess.PIPE, text=True) as server:
    try:
        measure(server)
    finally:
        server.kill()
