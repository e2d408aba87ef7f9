"""A client of libuserstatus in Python, with ctypes alone. Made from include/userstatus.h; what the functions do is said there.

Callbacks come on a thread of the library's; ctypes takes the interpreter's lock for each. user_data is a number here: objects that
C code points to would have to be kept alive and counted, a number only has to be looked up.
"""

import ctypes
import itertools
import json
import sys
import threading

COMM_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
JSON_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)
MILLISECONDS_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_uint64, ctypes.c_void_p)
NETWORK_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int32, ctypes.c_char_p, ctypes.c_void_p)

UNKNOWN, ONLINE, OFFLINE, UNLOGINED = range(4)
SINGLE, BOTH = range(2)

# Far longer than anything takes: only a fault lets it pass.
PATIENCE_S = 20


class Refused(Exception):
    """A function returned something else than 0: its callback will never run."""


class Failed(Exception):
    """A call ended with a code: args are the code and the code in words."""


class Client:
    """The library of this process. Calls block until they are answered; notifications are kept, and waited for."""

    def __init__(self, library, app_id, **config):
        self._library = ctypes.CDLL(library)
        self._declare()
        self._numbers = itertools.count(1)
        self._answers = {}
        self._statuses, self._networks, self._added, self._deleted, self._expiries = [], [], [], [], []
        self._more = threading.Condition()
        # Kept as long as this object: the library calls them until TIMUninit returns.
        self._on_answer = COMM_CALLBACK(self._answered)
        self._listeners = [
            ("TIMSetUserStatusChangedCallback", JSON_CALLBACK(lambda text, _: self._heard(self._statuses, json.loads(text)))),
            ("TIMSetOnAddFriendCallback", JSON_CALLBACK(lambda text, _: self._heard(self._added, json.loads(text)))),
            ("TIMSetOnDeleteFriendCallback", JSON_CALLBACK(lambda text, _: self._heard(self._deleted, json.loads(text)))),
            ("USSetUserSigExpiringCallback", MILLISECONDS_CALLBACK(lambda left_ms, _: self._heard(self._expiries, [left_ms]))),
            ("TIMSetNetworkStatusListenerCallback", NETWORK_CALLBACK(lambda status, code, _, __: self._heard(self._networks, [(status, code)]))),
        ]
        for name, callback in self._listeners:
            getattr(self._library, name)(callback, None)
        self._accept(self._library.TIMInit(app_id, json.dumps(config).encode()))

    def _declare(self):
        text, number, pointer = ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p
        functions = {
            "TIMInit": (number, ctypes.c_uint64, text),
            "TIMUninit": (number,),
            "USGetVersion": (text,),
            "TIMGetServerTime": (ctypes.c_uint64,),
            "TIMLogin": (number, text, text, COMM_CALLBACK, pointer),
            "TIMLogout": (number, COMM_CALLBACK, pointer),
            "TIMGetLoginUserID": (number, text),
            "TIMGetLoginStatus": (number,),
            "TIMSetSelfStatus": (number, text, COMM_CALLBACK, pointer),
            "TIMGetUserStatus": (number, text, COMM_CALLBACK, pointer),
            "TIMSubscribeUserStatus": (number, text, COMM_CALLBACK, pointer),
            "TIMUnsubscribeUserStatus": (number, text, COMM_CALLBACK, pointer),
            "TIMFriendshipGetFriendProfileList": (number, COMM_CALLBACK, pointer),
            "TIMFriendshipAddFriend": (number, text, COMM_CALLBACK, pointer),
            "TIMFriendshipDeleteFriend": (number, text, COMM_CALLBACK, pointer),
            "TIMFriendshipAddToBlackList": (number, text, COMM_CALLBACK, pointer),
            "TIMFriendshipDeleteFromBlackList": (number, text, COMM_CALLBACK, pointer),
            "TIMFriendshipGetBlackList": (number, COMM_CALLBACK, pointer),
            "USSetUserSigExpiringCallback": (None, MILLISECONDS_CALLBACK, pointer),
            "TIMSetUserStatusChangedCallback": (None, JSON_CALLBACK, pointer),
            "TIMSetOnAddFriendCallback": (None, JSON_CALLBACK, pointer),
            "TIMSetOnDeleteFriendCallback": (None, JSON_CALLBACK, pointer),
            "TIMSetNetworkStatusListenerCallback": (None, NETWORK_CALLBACK, pointer),
        }
        for name, (returned, *taken) in functions.items():
            function = getattr(self._library, name)
            function.restype, function.argtypes = returned, taken

    # -------- calls

    def login(self, user_id, user_sig):
        self._call("TIMLogin", user_id.encode(), user_sig.encode())

    def logout(self):
        self._call("TIMLogout")

    def set_self_status(self, custom_status):
        self._call("TIMSetSelfStatus", _json({"user_status_custom_status": custom_status}))

    def get_user_status(self, users):
        return self._call("TIMGetUserStatus", _json(users))

    def subscribe(self, users):
        return self._call("TIMSubscribeUserStatus", _json(users))

    def unsubscribe(self, users):
        self._call("TIMUnsubscribeUserStatus", _json(users))

    def friends(self):
        return self._call("TIMFriendshipGetFriendProfileList")

    def add_friend(self, user, friend_type=SINGLE, remark=""):
        return self._call("TIMFriendshipAddFriend", _json({
            "friendship_add_friend_param_identifier": user,
            "friendship_add_friend_param_friend_type": friend_type,
            "friendship_add_friend_param_remark": remark,
        }))

    def delete_friends(self, users, friend_type=SINGLE):
        return self._call("TIMFriendshipDeleteFriend", _json({
            "friendship_delete_friend_param_friend_type": friend_type,
            "friendship_delete_friend_param_identifier_array": users,
        }))

    def block(self, users):
        return self._call("TIMFriendshipAddToBlackList", _json(users))

    def unblock(self, users):
        return self._call("TIMFriendshipDeleteFromBlackList", _json(users))

    def blocked(self):
        return self._call("TIMFriendshipGetBlackList")

    def login_user_id(self):
        buffer = ctypes.create_string_buffer(128)
        self._accept(self._library.TIMGetLoginUserID(buffer))
        return buffer.value.decode()

    def server_time_s(self):
        return self._library.TIMGetServerTime()

    def version(self):
        return self._library.USGetVersion().decode()

    def close(self):
        self._accept(self._library.TIMUninit())

    # -------- notifications

    def hears(self, user, custom=None, status=None):
        """Waits for a status of a user, the next one or one that has come."""
        def find():
            for one in self._statuses:
                is_custom = custom is None or one["user_status_custom_status"] == custom
                is_status = status is None or one["user_status_status_type"] == status
                if one["user_status_identifier"] == user and is_custom and is_status:
                    return one
        return self._wait(f"{user} {custom} {status}", find)

    def note(self, statuses):
        """Has statuses that were asked for be heard like changes."""
        self._heard(self._statuses, statuses)

    def befriended_by(self, user):
        self._wait(f"{user} added", lambda: user in self._added)

    def left_by(self, user):
        self._wait(f"{user} deleted", lambda: user in self._deleted)

    def sig_expires_in_ms(self):
        self._wait("the UserSig is about to end", lambda: self._expiries)
        return self._expiries[-1]

    def is_connected(self):
        self._wait("connected", lambda: (0, 0) in self._networks)

    # -------- inside

    def _call(self, name, *arguments):
        number = next(self._numbers)
        self._accept(getattr(self._library, name)(*arguments, self._on_answer, number))
        code, desc, text = self._wait(name, lambda: self._answers.get(number))
        if code != 0:
            raise Failed(code, desc)
        return json.loads(text) if text else None

    def _accept(self, returned):
        if returned != 0:
            raise Refused(returned)

    def _answered(self, code, desc, text, number):
        with self._more:
            if number in self._answers:
                print("a callback ran twice", file=sys.stderr)
                sys.stderr.flush()
                ctypes.CDLL(None).abort()
            self._answers[number] = (code, desc.decode(), text.decode())
            self._more.notify_all()

    def _heard(self, heap, items):
        with self._more:
            heap.extend(items)
            self._more.notify_all()

    def _wait(self, what, find):
        with self._more:
            found = self._more.wait_for(find, PATIENCE_S)
            if not found:
                raise AssertionError(f"never seen: {what}")
            return found


def _json(value):
    return json.dumps(value).encode()
