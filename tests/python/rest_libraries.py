"""Public client libraries of the REST API against a server: each call of the feature, by each library that has it.

    rest_libraries.py URL APP_ID SECRET_KEY PLAYER

PLAYER is somebody who is online on Linux with the custom status "here".
"""

import sys
import time

import timsdk
from tencentcloud_im.tcim_client import FriendObj, SnsItemObj, TCIMClient, UpdateFriendObj
from timsdk.http_client import HttpClient

URL, APP_ID, SECRET_KEY, PLAYER = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def done(answer):
    """The answer, which says that all went well."""
    if hasattr(answer, "json"):
        answer.raise_for_status()
        answer = answer.json()
    assert answer["ActionStatus"] == "OK" and answer["ErrorCode"] == 0, answer
    return answer


def refused(answer, code):
    if hasattr(answer, "json"):
        answer.raise_for_status()
        answer = answer.json()
    assert answer["ActionStatus"] == "FAIL" and answer["ErrorCode"] == code and answer["ErrorInfo"], answer


def codes(answer):
    return [item["ResultCode"] for item in done(answer)["ResultItem"]]


def equal(one, other):
    assert one == other, f"{one!r} is not {other!r}"


def tencentcloud_sdk_python_im():
    client = TCIMClient(APP_ID, SECRET_KEY, "administrator", tencent_url=f"{URL}/v4")
    done(client.add_single_user("carol", "Carol", "https://example.com/carol.png"))
    equal(done(client.batch_add_users(["dave", "erin", "no id"]))["FailAccounts"], ["no id"])
    checked = done(client.search_user(["carol", "frank"]))["ResultItem"]
    equal([item["AccountStatus"] for item in checked], ["Imported", "NotImported"])

    status = done(client.check_user_online([PLAYER, "carol", "frank"]))
    equal([(item["To_Account"], item["Status"]) for item in status["QueryResult"]], [(PLAYER, "Online"), ("carol", "Offline")])
    equal(status["QueryResult"][0]["Detail"], [{"Platform": "Linux", "Status": "Online"}])
    equal(status["ErrorList"], [{"To_Account": "frank", "ErrorCode": 70107}])

    friends = [FriendObj("dave", "web", remark="d", group_name="guild"), FriendObj("frank", "web")]
    added = client.add_friend("carol", friends)
    equal(codes(added), [0, 30003])
    equal(added.json()["Fail_Account"], ["frank"])
    equal(codes(client.add_friend("carol", friends[:1])), [0])
    update = UpdateFriendObj("dave", [SnsItemObj("Tag_SNS_IM_Remark", "david"), SnsItemObj("Tag_SNS_IM_Group", ["raid"])])
    equal(codes(client.update_friend("carol", [update])), [0])
    said = done(client.get_target_friends("carol", ["dave"], ["Tag_SNS_IM_Remark", "Tag_SNS_IM_Group", "Tag_Profile_IM_Nick"]))
    equal(
        said["InfoItem"][0]["SnsProfileItem"],
        [{"Tag": "Tag_SNS_IM_Remark", "Value": "david"}, {"Tag": "Tag_SNS_IM_Group", "Value": ["raid"]}],
    )
    page = done(client.get_friends("carol"))
    equal([item["To_Account"] for item in page["UserDataItem"]], ["dave"])
    equal((page["FriendNum"], page["CompleteFlag"]), (1, 1))
    source = next(item["Value"] for item in page["UserDataItem"][0]["ValueItem"] if item["Tag"] == "Tag_SNS_IM_AddSource")
    equal(source, "AddSource_Type_web")
    equal(codes(client.delete_friends("carol", ["dave", "erin"])), [0, 31704])

    done(client.abolition_user_sig("carol"))
    equal(codes(client.del_user(["carol", "frank"])), [0, 70107])
    # What is no part of it is refused in the same form.
    refused(client.add_sns_group("dave", ["guild"], ["erin"]), 60009)
    stranger = TCIMClient(APP_ID, "another secret key that nobody here has", "administrator", tencent_url=f"{URL}/v4")
    refused(stranger.search_user(["dave"]), 70009)
    refused(TCIMClient(APP_ID, SECRET_KEY, "dave", tencent_url=f"{URL}/v4").search_user(["dave"]), 70403)


def timsdk_1():
    to_the_cloud = HttpClient.get_url

    def to_us(self, path, **arguments):
        return to_the_cloud(self, path, **arguments).replace("https://console.tim.qq.com", URL)

    # Its host is written in this one method.
    HttpClient.get_url = to_us
    client = timsdk.TimClient(APP_ID, SECRET_KEY)
    accounts, sns = client.im_open_login_svc, client.sns
    done(accounts.account_import("gina", nick="Gina"))
    equal(done(accounts.im_open_login_svc(["hugo", "ivan"]))["FailAccounts"], [])
    checked = done(accounts.account_check(["gina", "frank"]))["ResultItem"]
    equal([item["AccountStatus"] for item in checked], ["Imported", "NotImported"])
    states = done(client.open_im.query_state([PLAYER, "gina"]))["QueryResult"]
    equal([item["State"] for item in states], ["Online", "Offline"])

    hugo = {"To_Account": "hugo", "AddSource": "AddSource_Type_Android", "Remark": "h"}
    equal(codes(sns.friend_add("gina", [hugo])), [0])
    ivan = {"To_Account": "ivan", "AddSource": "AddSource_Type_Android", "GroupName": ["a", "b"], "AddTime": 1600000000}
    equal(codes(sns.friend_import("gina", [ivan])), [0])
    equal(codes(sns.friend_import("gina", [ivan])), [0])
    relations = done(sns.friend_check("gina", ["hugo", "ivan", "dave"]))["InfoItem"]
    equal(
        [item["Relation"] for item in relations],
        ["CheckResult_Type_BothWay", "CheckResult_Type_AWithB", "CheckResult_Type_NoRelation"],
    )
    equal(codes(sns.friend_update("gina", [{"To_Account": "ivan", "SnsItem": [{"Tag": "Tag_SNS_IM_Remark", "Value": "i"}]}])), [0])
    equal([item["To_Account"] for item in done(sns.friend_get("gina"))["UserDataItem"]], ["hugo", "ivan"])
    said = done(sns.friend_get_list("gina", ["ivan"]))["InfoItem"][0]["SnsProfileItem"]
    equal({item["Tag"]: item["Value"] for item in said}, {"Tag_SNS_IM_Remark": "i", "Tag_SNS_IM_Group": ["a"]})
    equal(codes(sns.friend_delete("gina", ["hugo"])), [0])
    done(sns.friend_delete_all("gina"))
    equal(done(sns.friend_get("gina"))["FriendNum"], 0)

    equal(codes(sns.black_list_add("gina", ["hugo"])), [0])
    blocked = done(sns.black_list_get("gina"))
    equal([item["To_Account"] for item in blocked["BlackListItem"]], ["hugo"])
    assert abs(blocked["BlackListItem"][0]["AddBlackTimeStamp"] - time.time()) < 600, blocked
    relation = done(sns.black_list_check("hugo", ["gina"]))["BlackListCheckItem"][0]["Relation"]
    equal(relation, "BlackCheckResult_Type_BWithA")
    equal(codes(sns.black_list_delete("gina", ["hugo"])), [0])

    done(accounts.kick("gina"))
    equal(codes(accounts.account_delete(["gina", "hugo", "ivan"])), [0, 0, 0])
    refused(sns.group_add("dave", ["guild"]), 60009)


tencentcloud_sdk_python_im()
timsdk_1()
print("each call of each library was answered")
