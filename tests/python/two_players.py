"""alice and bob, each a process, each going on when it is told of what the other did: PLAYER LIBRARY SERVER APP_ID USERSIG"""

import sys

from userstatus_client import BOTH, ONLINE, UNKNOWN, UNLOGINED, Client, Failed, Refused

AWKWARD = 'ready "\\ 你好 😀'


def code_of(call, *arguments):
    try:
        call(*arguments)
    except Failed as failed:
        return failed.args[0]
    return 0


def alice(self, sig):
    assert code_of(self.set_self_status, "too early") == 6014
    assert code_of(self.login, "bob", sig) == 70013
    self.login("alice", sig)
    assert self.login_user_id() == "alice" and self.server_time_s() > 1_600_000_000
    self.is_connected()
    self.note(self.subscribe(["bob"]))
    self.hears("bob", status=ONLINE)
    self.set_self_status(AWKWARD)
    self.hears("bob", custom="saw it")

    assert self.add_friend("bob", BOTH, remark="from work")["friend_result_code"] == 0
    assert self.add_friend("bob")["friend_result_code"] == 30015
    [bob] = self.friends()
    assert bob["friend_profile_identifier"] == "bob" and bob["friend_profile_remark"] == "from work"
    self.set_self_status("added")
    self.left_by("bob")
    assert self.friends() == []
    self.unsubscribe(["bob"])
    codes = [one["friend_result_code"] for one in self.block(["bob", "nobody"])]
    assert codes == [0, 30003]
    assert [one["friend_profile_identifier"] for one in self.blocked()] == ["bob"]
    assert [one["friend_result_code"] for one in self.unblock(["bob"])] == [0]
    assert self.blocked() == []
    self.logout()
    assert self.login_user_id() == ""


def bob(self, sig):
    self.login("bob", sig)
    self.note(self.subscribe(["alice"]))
    seen = self.hears("alice", custom=AWKWARD)
    assert seen["user_status_online_devices"] == ["Linux"]
    nobody, someone = self.get_user_status(["nobody", "alice"])
    assert nobody["user_status_status_type"] == UNKNOWN and someone["user_status_custom_status"] == AWKWARD
    assert self.subscribe([]) == [] and self.get_user_status([]) == []
    try:
        self.add_friend("")
        raise AssertionError("nobody was added")
    except Refused as refused:
        assert refused.args[0] == -4
    self.set_self_status("saw it")

    self.befriended_by("alice")
    self.hears("alice", custom="added")
    codes = [one["friend_result_code"] for one in self.delete_friends(["alice", "nobody"], BOTH)]
    assert codes == [0, 31704]
    self.hears("alice", status=UNLOGINED)


def main():
    player, library, server, app_id, sig = sys.argv[1:]
    self = Client(library, int(app_id), sdk_config_server_address=server, sdk_config_platform="Linux")
    {"alice": alice, "bob": bob}[player](self, sig)
    self.close()
    print(f"{player}: fine, with {self.version()}")


main()
