// The C ABI of libuserstatus in a WebGL player, over the client of web pages: index.js and userstatus.wasm, which lie beside the page in
// StreamingAssets/userstatus. What each function does stands in include/userstatus.h; here there is always the pump mode, and one thread.
//
// Old JavaScript on purpose: it goes through the compiler of whichever emscripten a Unity has. What JavaScript cannot be handed is a 64-bit
// number, so three functions have another form here: USWebInit, USWebServerTime and USWebSetUserSigExpiringCallback.

var LibraryUserstatus = {
  $userstatus: {
    TEXT_BYTES_MAX: 1048576,
    USER_ID_BUFFER_BYTES: 128,
    PENDING_MAX: 16384,
    // Statuses and the connection merge; this many other events may wait for the pump.
    EVENTS_MAX: 1024,
    SUCCESS: 0,
    ERROR_JSON: -3,
    ERROR_PARAMETER: -4,
    ERROR_TOO_MANY_PENDING: -100,

    // Of the one initialisation there is: null before it and after its end.
    instance: null,
    // What USPump is to call, oldest first: { run, isEvent }.
    queue: [],
    pendingCount: 0,
    listeners: {},
    userDefinedData: '',
    servers: null,
    version: 0,

    callComm: function (callback, code, description, json, userData) {
      userstatus.withTexts([description, json], function (places) {
        {{{ makeDynCall('viiii', 'callback') }}}(code, places[0], places[1], userData);
      });
    },
    callJson: function (callback, json, userData) {
      userstatus.withTexts([json], function (places) {
        {{{ makeDynCall('vii', 'callback') }}}(places[0], userData);
      });
    },
    callNetwork: function (callback, status, code, description, userData) {
      userstatus.withTexts([description], function (places) {
        {{{ makeDynCall('viiii', 'callback') }}}(status, code, places[0], userData);
      });
    },
    callPlain: function (callback, userData) {
      {{{ makeDynCall('vi', 'callback') }}}(userData);
    },
    callMilliseconds: function (callback, lengthMs, userData) {
      {{{ makeDynCall('vdi', 'callback') }}}(lengthMs, userData);
    },

    // Places of NUL-ended copies, which live until `use` returns.
    withTexts: function (texts, use) {
      var places = texts.map(function (text) {
        var bytes = lengthBytesUTF8(text) + 1;
        var place = _malloc(bytes);
        stringToUTF8(text, place, bytes);
        return place;
      });
      try {
        use(places);
      } finally {
        places.forEach(function (place) {
          _free(place);
        });
      }
    },

    // '' for NULL, null for what is too long.
    text: function (place) {
      var text = place ? UTF8ToString(place) : '';
      return text.length > userstatus.TEXT_BYTES_MAX ? null : text;
    },
    // A value of the kind that `isRight` wants, or an error number.
    json: function (place, isRight) {
      var text = userstatus.text(place);
      if (!text) return userstatus.ERROR_PARAMETER;
      try {
        var value = JSON.parse(text);
        return isRight(value) ? value : userstatus.ERROR_JSON;
      } catch (error) {
        return userstatus.ERROR_JSON;
      }
    },
    isObject: function (value) {
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    },
    isUsers: function (value) {
      return (
        Array.isArray(value) &&
        value.every(function (user) {
          return typeof user === 'string';
        })
      );
    },
    // Of an object, keys of these types where they are there at all.
    hasTypes: function (types) {
      return function (value) {
        return (
          userstatus.isObject(value) &&
          Object.keys(types).every(function (key) {
            var field = value[key];
            if (field === undefined) return true;
            return types[key] === 'users' ? userstatus.isUsers(field) : typeof field === types[key];
          })
        );
      };
    },
    // At least one user id, or an error number.
    someUsers: function (place) {
      var users = userstatus.json(place, userstatus.isUsers);
      return Array.isArray(users) && users.length === 0 ? userstatus.ERROR_PARAMETER : users;
    },

    // Promises the caller one answer. Returns what takes it, or null: too many wait.
    promise: function (callback, userData) {
      if (userstatus.pendingCount >= userstatus.PENDING_MAX) return null;
      userstatus.pendingCount += 1;
      var isAnswered = false;
      return function (code, description, json) {
        if (isAnswered) return;
        isAnswered = true;
        userstatus.queue.push({
          isEvent: false,
          run: function () {
            userstatus.pendingCount -= 1;
            if (callback) userstatus.callComm(callback, code, description, json, userData);
          },
        });
      };
    },

    // Asks the client, once it is there. `ask` returns a promise, `write` makes JSON of what it brings.
    ask: function (callback, userData, onFailure, needsLogin, ask, write) {
      var answer = userstatus.promise(callback, userData);
      if (!answer) return userstatus.ERROR_TOO_MANY_PENDING;
      var instance = userstatus.instance;
      if (!instance) {
        answer(6013, 'not initialized', onFailure);
      } else if (needsLogin && userstatus.loginStatus() === 3) {
        answer(6014, 'not login', onFailure);
      } else {
        instance.owed.push(answer);
        instance.opening
          .then(ask)
          .then(
            function (value) {
              answer(0, 'ok', write ? write(value) : '');
            },
            function (error) {
              answer(error.code || 9508, String(error.message || error), onFailure);
            }
          )
          .then(function () {
            instance.owed.splice(instance.owed.indexOf(answer), 1);
          });
      }
      return userstatus.SUCCESS;
    },

    // By the numbers of TIMLoginStatus.
    loginStatus: function () {
      var instance = userstatus.instance;
      if (!instance) return 3;
      if (instance.client && instance.loginsBefore === 0) {
        return { loggedIn: 1, loggingIn: 2, loggedOut: 3, loggingOut: 4 }[instance.client.loginStatus];
      }
      return instance.loginsBefore > 0 ? 2 : 3;
    },

    notify: function (slot, run) {
      if (!userstatus.listeners[slot]) return;
      // What merges is there once.
      var events = userstatus.queue.filter(function (each) {
        return each.isEvent && each.slot !== 'statusChanged' && each.slot !== 'network';
      });
      if (events.length >= userstatus.EVENTS_MAX) {
        userstatus.queue.splice(userstatus.queue.indexOf(events[0]), 1);
      }
      userstatus.queue.push({
        isEvent: true,
        slot: slot,
        run: function () {
          var listener = userstatus.listeners[slot];
          if (listener) run(listener.callback, listener.userData);
        },
      });
    },
    waiting: function (slot) {
      return userstatus.queue.filter(function (each) {
        return each.slot === slot;
      })[0];
    },

    // While a tab is hidden nobody pumps: of each user the newest status waits, and of the connection the newest word.
    notifyStatuses: function (statuses) {
      var waiting = userstatus.waiting('statusChanged');
      if (!waiting) {
        userstatus.notify('statusChanged', function (callback, userData) {
          userstatus.callJson(callback, userstatus.statusesJson(userstatus.merged), userData);
        });
        userstatus.merged = [];
      }
      statuses.forEach(function (status) {
        userstatus.merged = userstatus.merged.filter(function (each) {
          return each.userId !== status.userId;
        });
        userstatus.merged.push(status);
      });
    },
    merged: [],
    notifyConnection: function (change) {
      var status = { connected: 0, disconnected: 1, connecting: 2, connectFailed: 3 }[change.state];
      var hasFailed = status === 1 || status === 3;
      var waiting = userstatus.waiting('network');
      if (waiting) userstatus.queue.splice(userstatus.queue.indexOf(waiting), 1);
      userstatus.notify('network', function (callback, userData) {
        userstatus.callNetwork(callback, status, hasFailed ? 9508 : 0, hasFailed ? change.reason : 'ok', userData);
      });
    },

    statusesJson: function (statuses) {
      return JSON.stringify(
        statuses.map(function (status) {
          return {
            user_status_identifier: status.userId,
            user_status_status_type: { unknown: 0, online: 1, offline: 2, unlogined: 3 }[status.status],
            user_status_custom_status: status.customStatus,
            user_status_online_devices: status.platforms,
          };
        })
      );
    },
    resultJson: function (result) {
      return { friend_result_identifier: result.userId, friend_result_code: result.code, friend_result_desc: result.message };
    },
    resultsJson: function (results) {
      return JSON.stringify(results.map(userstatus.resultJson));
    },
    friendJson: function (friend) {
      return {
        friend_profile_identifier: friend.userId,
        friend_profile_group_name_array: friend.groupName ? [friend.groupName] : [],
        friend_profile_remark: friend.remark,
        friend_profile_add_wording: friend.addWording,
        friend_profile_add_source: friend.addSource,
        friend_profile_add_time: friend.addTimeS,
      };
    },

    // host:port as libuserstatus takes it, and what browsers call it.
    url: function (address) {
      if (/^wss?:\/\//i.test(address)) return address;
      if (/^tls:\/\//i.test(address)) return 'wss://' + address.slice(6);
      return 'ws://' + address;
    },

    // Where index.js lies: beside the page, unless the page's own script says otherwise.
    folder: function () {
      var assets = (typeof Module === 'object' && Module['streamingAssetsUrl']) || 'StreamingAssets';
      return new URL(assets.replace(/\/$/, '') + '/userstatus/', document.baseURI).href;
    },
    // A module can be loaded from a classic script by a script element alone in every emscripten: its parser need not know `import`.
    load: function () {
      if (!userstatus.loading) {
        userstatus.loading = new Promise(function (resolve, reject) {
          var script = document.createElement('script');
          script.type = 'module';
          script.src = userstatus.folder() + 'unity.js';
          script.onload = function () {
            resolve(globalThis.userstatusForUnity);
          };
          script.onerror = function () {
            userstatus.loading = null;
            reject(new Error('cannot load ' + script.src + ': copy the files of web/ there, see the documentation of the package'));
          };
          document.head.appendChild(script);
        });
      }
      return userstatus.loading;
    },
    loading: null,

    open: function (appId, config) {
      var servers = userstatus.servers || (config.sdk_config_server_address || '').split(',').filter(Boolean);
      var unusable =
        config.sdk_config_ca_file || config.sdk_config_ca_pem || (config.sdk_config_tls_pins || []).length > 0
          ? 'a browser checks certificates by itself: it takes no authorities and no pins of a game'
          : servers.length === 0
            ? 'no server: set UserStatusOptions.Server'
            : '';
      if (unusable) return Promise.reject({ code: 9508, message: unusable });
      var options = { appId: appId, server: servers.map(userstatus.url) };
      if (config.sdk_config_heartbeat_interval_ms) options.heartbeatIntervalMs = config.sdk_config_heartbeat_interval_ms;
      return userstatus.load().then(function (forUnity) {
        return forUnity.createClient(options);
      });
    },

    // Hands on what the client tells.
    listen: function (client) {
      client.on('statusChanged', userstatus.notifyStatuses);
      client.on('connectionChanged', userstatus.notifyConnection);
      client.on('kickedOffline', function () {
        userstatus.notify('kickedOffline', userstatus.callPlain);
      });
      client.on('userSigExpired', function () {
        userstatus.notify('userSigExpired', userstatus.callPlain);
      });
      client.on('userSigExpiring', function (notice) {
        if (notice.expiresInMs === 0) {
          userstatus.notify('userSigExpired', userstatus.callPlain);
        } else {
          userstatus.notify('userSigExpiring', function (callback, userData) {
            userstatus.callMilliseconds(callback, notice.expiresInMs, userData);
          });
        }
      });
      client.on('friendsChanged', function (changed) {
        [
          ['friendsAdded', changed.added],
          ['friendsDeleted', changed.deleted],
        ].forEach(function (each) {
          if (each[1].length === 0) return;
          userstatus.notify(each[0], function (callback, userData) {
            userstatus.callJson(callback, JSON.stringify(each[1]), userData);
          });
        });
      });
    },

    versionText: function () {
      if (!userstatus.version) {
        var text = '0.1.0';
        userstatus.version = _malloc(text.length + 1);
        stringToUTF8(text, userstatus.version, text.length + 1);
      }
      return userstatus.version;
    },

    setListener: function (slot, callback, userData) {
      userstatus.listeners[slot] = callback ? { callback: callback, userData: userData } : null;
    },

    pump: function (callbacksMax) {
      var ran = 0;
      while (ran < callbacksMax && userstatus.queue.length > 0) {
        ran += 1;
        userstatus.queue.shift().run();
      }
      return ran;
    },
  },

  USWebInit: function (appId, config) {
    var id = Number(userstatus.text(appId));
    var text = userstatus.text(config);
    var isRight = userstatus.hasTypes({
      sdk_config_server_address: 'string',
      sdk_config_ca_file: 'string',
      sdk_config_ca_pem: 'string',
      sdk_config_tls_pins: 'users',
      sdk_config_heartbeat_interval_ms: 'number',
      sdk_config_callback_mode: 'string',
    });
    var value = text === '' ? {} : userstatus.json(config, isRight);
    if (typeof value === 'number') return value;
    if (text === null || !(id > 0) || !Number.isSafeInteger(id)) return userstatus.ERROR_PARAMETER;
    if (userstatus.instance) {
      return userstatus.instance.of === id + text ? userstatus.SUCCESS : userstatus.ERROR_PARAMETER;
    }
    var instance = { of: id + text, client: null, loginsBefore: 0, owed: [] };
    userstatus.instance = instance;
    instance.opening = userstatus.open(id, value).then(function (client) {
      if (userstatus.instance !== instance) {
        client.close();
        throw { code: 7009, message: 'ended by uninit or logout before it was answered' };
      }
      instance.client = client;
      userstatus.listen(client);
      if (userstatus.userDefinedData) client.setUserDefinedData(userstatus.userDefinedData);
      return client;
    });
    // Whoever asks is told; nobody need.
    instance.opening.catch(function () {});
    return userstatus.SUCCESS;
  },

  TIMUninit: function () {
    var instance = userstatus.instance;
    if (instance) {
      userstatus.listeners = {};
      userstatus.instance = null;
      instance.owed.slice().forEach(function (answer) {
        answer(7009, 'ended by uninit or logout before it was answered', '');
      });
      if (instance.client) instance.client.close();
    }
    userstatus.pump(Infinity);
    return userstatus.SUCCESS;
  },

  TIMGetSDKVersion: function () {
    return userstatus.versionText();
  },

  USGetVersion: function () {
    return userstatus.versionText();
  },

  USGetSubscriptionsMax: function () {
    var client = userstatus.instance && userstatus.instance.client;
    return (client && client.subscriptionsMax) || 200;
  },

  // Browsers say so by themselves; this is for who knows more.
  USNetworkChanged: function (change) {
    var name = ['gone', 'changed', 'back'][change];
    if (!name) return userstatus.ERROR_PARAMETER;
    var client = userstatus.instance && userstatus.instance.client;
    if (client) client.networkChanged(name);
    return userstatus.SUCCESS;
  },

  USWebServerTime: function () {
    var client = userstatus.instance && userstatus.instance.client;
    return Math.floor(((client && client.serverTimeMs) || 0) / 1000);
  },

  TIMSetConfig: function (config, callback, userData) {
    var value = userstatus.json(config, userstatus.hasTypes({ set_config_user_define_data: 'string' }));
    if (typeof value === 'number') return value;
    var data = value.set_config_user_define_data;
    if (data !== undefined && lengthBytesUTF8(data) > 64) return userstatus.ERROR_PARAMETER;
    if (data !== undefined) userstatus.userDefinedData = data;
    if (data !== undefined && userstatus.instance && userstatus.instance.client) {
      return userstatus.ask(callback, userData, '', false, function (client) {
        return client.setUserDefinedData(data);
      });
    }
    var answer = userstatus.promise(callback, userData);
    if (!answer) return userstatus.ERROR_TOO_MANY_PENDING;
    answer(0, 'ok', '');
    return userstatus.SUCCESS;
  },

  TIMLogin: function (userId, userSig, callback, userData) {
    var user = userstatus.text(userId);
    var sig = userstatus.text(userSig);
    if (!user || sig === null) return userstatus.ERROR_PARAMETER;
    var instance = userstatus.instance;
    // It counts as a login under way from now on, also while the module is being loaded.
    if (instance) instance.loginsBefore += 1;
    var result = userstatus.ask(callback, userData, '', false, function (client) {
      instance.loginsBefore -= 1;
      return client.login(user, sig);
    });
    if (instance && result !== userstatus.SUCCESS) instance.loginsBefore -= 1;
    else if (instance)
      instance.opening.catch(function () {
        instance.loginsBefore = 0;
      });
    return result;
  },

  TIMLogout: function (callback, userData) {
    return userstatus.ask(callback, userData, '', false, function (client) {
      return client.logout();
    });
  },

  TIMGetLoginUserID: function (buffer) {
    if (!buffer) return userstatus.ERROR_PARAMETER;
    var client = userstatus.instance && userstatus.instance.client;
    stringToUTF8((client && client.loginUser) || '', buffer, userstatus.USER_ID_BUFFER_BYTES);
    return userstatus.SUCCESS;
  },

  TIMGetLoginStatus: function () {
    return userstatus.loginStatus();
  },

  TIMSetSelfStatus: function (status, callback, userData) {
    var value = userstatus.json(status, function (value) {
      return userstatus.isObject(value) && typeof value.user_status_custom_status === 'string';
    });
    if (typeof value === 'number') return value;
    return userstatus.ask(callback, userData, '', true, function (client) {
      return client.setSelfStatus(value.user_status_custom_status);
    });
  },

  TIMGetUserStatus: function (userIds, callback, userData) {
    var users = userstatus.someUsers(userIds);
    if (typeof users === 'number') return users;
    var get = function (client) {
      return client.getUserStatus(users);
    };
    return userstatus.ask(callback, userData, '[]', true, get, userstatus.statusesJson);
  },

  TIMSubscribeUserStatus: function (userIds, callback, userData) {
    var users = userstatus.someUsers(userIds);
    if (typeof users === 'number') return users;
    var subscribe = function (client) {
      return client.subscribe(users);
    };
    return userstatus.ask(callback, userData, '[]', true, subscribe, userstatus.statusesJson);
  },

  TIMUnsubscribeUserStatus: function (userIds, callback, userData) {
    var users = userIds && userstatus.text(userIds) !== '' ? userstatus.json(userIds, userstatus.isUsers) : [];
    if (typeof users === 'number') return users;
    return userstatus.ask(callback, userData, '', true, function (client) {
      return users.length === 0 ? client.unsubscribeAll() : client.unsubscribe(users);
    });
  },

  TIMFriendshipGetFriendProfileList: function (callback, userData) {
    var list = function (client) {
      return client.listFriends();
    };
    return userstatus.ask(callback, userData, '[]', true, list, function (friends) {
      return JSON.stringify(friends.map(userstatus.friendJson));
    });
  },

  TIMFriendshipAddFriend: function (param, callback, userData) {
    var value = userstatus.json(
      param,
      userstatus.hasTypes({
        friendship_add_friend_param_identifier: 'string',
        friendship_add_friend_param_friend_type: 'number',
        friendship_add_friend_param_remark: 'string',
        friendship_add_friend_param_group_name: 'string',
        friendship_add_friend_param_add_source: 'string',
        friendship_add_friend_param_add_wording: 'string',
      })
    );
    if (typeof value === 'number') return value;
    var user = value.friendship_add_friend_param_identifier;
    if (!user) return userstatus.ERROR_PARAMETER;
    var add = function (client) {
      return client.addFriend(user, {
        both: value.friendship_add_friend_param_friend_type === 1,
        remark: value.friendship_add_friend_param_remark,
        groupName: value.friendship_add_friend_param_group_name,
        addSource: value.friendship_add_friend_param_add_source,
        addWording: value.friendship_add_friend_param_add_wording,
      });
    };
    return userstatus.ask(callback, userData, '', true, add, function (result) {
      return JSON.stringify(userstatus.resultJson(result));
    });
  },

  TIMFriendshipDeleteFriend: function (param, callback, userData) {
    var value = userstatus.json(
      param,
      userstatus.hasTypes({
        friendship_delete_friend_param_friend_type: 'number',
        friendship_delete_friend_param_identifier_array: 'users',
      })
    );
    if (typeof value === 'number') return value;
    var users = value.friendship_delete_friend_param_identifier_array || [];
    if (users.length === 0) return userstatus.ERROR_PARAMETER;
    var remove = function (client) {
      return client.deleteFriends(users, { both: value.friendship_delete_friend_param_friend_type === 1 });
    };
    return userstatus.ask(callback, userData, '[]', true, remove, userstatus.resultsJson);
  },

  TIMFriendshipAddToBlackList: function (userIds, callback, userData) {
    var users = userstatus.someUsers(userIds);
    if (typeof users === 'number') return users;
    var block = function (client) {
      return client.block(users);
    };
    return userstatus.ask(callback, userData, '[]', true, block, userstatus.resultsJson);
  },

  TIMFriendshipDeleteFromBlackList: function (userIds, callback, userData) {
    var users = userstatus.someUsers(userIds);
    if (typeof users === 'number') return users;
    var unblock = function (client) {
      return client.unblock(users);
    };
    return userstatus.ask(callback, userData, '[]', true, unblock, userstatus.resultsJson);
  },

  TIMFriendshipGetBlackList: function (callback, userData) {
    var list = function (client) {
      return client.listBlocked();
    };
    return userstatus.ask(callback, userData, '[]', true, list, function (users) {
      return JSON.stringify(
        users.map(function (user) {
          return { friend_profile_identifier: user };
        })
      );
    });
  },

  // S5: the status stays as it is.
  TIMMsgDoBackground: function (unreadCount, callback, userData) {
    return userstatus.ask(callback, userData, '', true, function () {});
  },

  TIMMsgDoForeground: function (callback, userData) {
    return userstatus.ask(callback, userData, '', true, function (client) {
      client.probe();
    });
  },

  callExperimentalAPI: function (param, callback, userData) {
    var value = userstatus.json(param, userstatus.hasTypes({ request_internal_operation: 'string' }));
    if (typeof value === 'number') return value;
    if (!value.request_internal_operation) return userstatus.ERROR_PARAMETER;
    var answer = userstatus.promise(callback, userData);
    if (!answer) return userstatus.ERROR_TOO_MANY_PENDING;
    switch (value.request_internal_operation) {
      case 'internal_operation_set_custom_server_info':
        var info = value.request_set_custom_server_info_param;
        var addresses = (userstatus.isObject(info) && info.longconnection_address_array) || [];
        if (!Array.isArray(addresses) || addresses.length < 1 || addresses.length > 8) {
          answer(6017, 'longconnection_address_array: 1 to 8 addresses', '');
        } else if (userstatus.instance) {
          answer(7014, 'the server is set before TIMInit', '');
        } else {
          userstatus.servers = addresses.map(function (address) {
            return address.server_address_ip + ':' + address.server_address_port;
          });
          answer(0, 'ok', '');
        }
        break;
      case 'internal_operation_write_log':
        console.log(String(value.request_write_log_log_content_param));
        answer(0, 'ok', '');
        break;
      case 'internal_operation_set_ui_platform':
        answer(0, 'ok', '');
        break;
      default:
        answer(7013, 'this library has no such operation', '');
    }
    return userstatus.SUCCESS;
  },

  TIMSetUserStatusChangedCallback: function (callback, userData) {
    userstatus.setListener('statusChanged', callback, userData);
  },

  TIMSetNetworkStatusListenerCallback: function (callback, userData) {
    userstatus.setListener('network', callback, userData);
  },

  TIMSetKickedOfflineCallback: function (callback, userData) {
    userstatus.setListener('kickedOffline', callback, userData);
  },

  TIMSetUserSigExpiredCallback: function (callback, userData) {
    userstatus.setListener('userSigExpired', callback, userData);
  },

  USWebSetUserSigExpiringCallback: function (callback, userData) {
    userstatus.setListener('userSigExpiring', callback, userData);
  },

  TIMSetOnAddFriendCallback: function (callback, userData) {
    userstatus.setListener('friendsAdded', callback, userData);
  },

  TIMSetOnDeleteFriendCallback: function (callback, userData) {
    userstatus.setListener('friendsDeleted', callback, userData);
  },

  // The module says nothing in a log.
  TIMSetLogCallback: function (callback, userData) {},

  // Nobody waits in a page: a time-out is none.
  USPump: function (callbacksMax, timeoutMs) {
    return userstatus.pump(callbacksMax >>> 0);
  },
};

autoAddDeps(LibraryUserstatus, '$userstatus');
mergeInto(LibraryManager.library, LibraryUserstatus);
