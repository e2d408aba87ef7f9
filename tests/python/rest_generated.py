"""Clients that are generated from the OpenAPI documents: they compile, and they work.

    rest_generated.py FOLDER URL APP_ID USER_SIG ADMIN_URL ADMIN_TOKEN PLAYER

Makes the clients in FOLDER. PLAYER is somebody who is online with the custom status "here".
"""

import compileall
import importlib
import pathlib
import pkgutil
import subprocess
import sys

FOLDER, URL, APP_ID, USER_SIG, ADMIN_URL, ADMIN_TOKEN, PLAYER = sys.argv[1:]
FOLDER = pathlib.Path(FOLDER)
DOCUMENTS = pathlib.Path(__file__).parents[2] / "docs" / "openapi"


def generate(name):
    """The package of a document, every module of it imported."""
    (FOLDER / "config.yml").write_text("post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite", "--fail-on-warning"]
    command += ["--config", str(FOLDER / "config.yml"), "--path", str(DOCUMENTS / f"{name}.json")]
    subprocess.run([*command, "--output-path", str(FOLDER / f"{name}_client")], check=True)
    assert compileall.compile_dir(FOLDER / f"{name}_client", quiet=1), "it does not compile"
    package = importlib.import_module(f"{name}_client")
    modules = [module.name for module in pkgutil.walk_packages(package.__path__, f"{name}_client.")]
    return {module.removeprefix(f"{name}_client."): importlib.import_module(module) for module in modules}


def equal(one, other):
    assert one == other, f"{one!r} is not {other!r}"


def rest():
    modules = generate("rest")
    models = modules["models"]
    client = modules["client"].Client(base_url=URL, raise_on_unexpected_status=True)
    who = {"client": client, "sdkappid": int(APP_ID), "identifier": "administrator", "usersig": USER_SIG}

    def call(command, body):
        operation = next(module for name, module in modules.items() if name.startswith("api.") and name.endswith(f".{command}"))
        answer = operation.sync(body=body, **who)
        equal((answer.action_status, answer.error_code), ("OK", 0))
        return answer

    call("multiaccount_import", models.MultiaccountImport(accounts=["zoe", "yan"]))
    asked = models.QueryOnlineStatus(
        to_account=[PLAYER, "zoe", "nobody"], is_need_detail=1, is_return_instid=1, is_return_custom_status=1
    )
    status = call("query_online_status", asked)
    equal([(user.to_account, user.status) for user in status.query_result], [(PLAYER, "Online"), ("zoe", "Offline")])
    equal(status.query_result[0].custom_status, "here")
    equal([device.platform for device in status.query_result[0].detail], ["Linux"])
    equal([(user.to_account, user.error_code) for user in status.error_list], [("nobody", 70107)])
    friend = models.FriendToAdd(to_account="yan", remark="y")
    added = call("friend_add", models.FriendsToAdd(from_account="zoe", add_friend_item=[friend]))
    equal([result.result_code for result in added.result_item], [0])
    page = call("friend_get", models.FriendGet(from_account="zoe"))
    equal([user.to_account for user in page.user_data_item], ["yan"])
    item = models.SetItem(user_id=PLAYER, custom_status="set by the server")
    results = call("set_custom_status", models.SetCustomStatus(set_item=[item]))
    equal([result.result_code for result in results.result_item], [0])
    refused = modules["api.sns.friend_get"].sync(body=models.FriendGet(from_account="nobody"), **who)
    equal((refused.action_status, refused.error_code), ("FAIL", 30003))


def admin():
    modules = generate("admin")
    models = modules["models"]
    client = modules["client"].AuthenticatedClient(base_url=ADMIN_URL, token=ADMIN_TOKEN, raise_on_unexpected_status=True)

    def call(operation, *path, **arguments):
        module = next(module for name, module in modules.items() if name.startswith("api.") and name.endswith(f".{operation}"))
        answer = module.sync(*path, client=client, **arguments)
        assert answer is not None and not isinstance(answer, models.ErrorBody), answer
        return answer

    app = call("show_app", APP_ID)
    equal((app.id, app.settings.plan), (int(APP_ID), models.PlanName.PREMIUM))
    changed = call("change_app", APP_ID, body=models.ChangeApp(settings=models.SettingsPatch(rest_networks=["127.0.0.0/8"])))
    equal(changed.settings.rest_networks, ["127.0.0.0/8"])
    shown = call("show_account", APP_ID, PLAYER)
    equal((shown.status, shown.devices[0].platform), ("online", "Linux"))
    imported = call("import_accounts", APP_ID, body=models.ImportAccounts(user_ids=["xia"]))
    equal(imported.accounts, 1)
    assert call("stats").connections >= 1
    module = next(module for name, module in modules.items() if name.endswith(".show_account"))
    refused = module.sync(APP_ID, "nobody", client=client)
    equal(refused.code, 70107)


sys.path.insert(0, str(FOLDER))
rest()
admin()
print("generated clients compile and work")
