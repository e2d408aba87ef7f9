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
    SERVERS_MAX: 8,
    PORT_MAX: 65535,
    LOG_LEVEL_MAX: 7,
    LINE_LETTERS_MAX: 1024,
    HEARTBEAT_MIN_MS: 5000,
    HEARTBEAT_MAX_MS: 3600000,
    USER_DEFINED_DATA_BYTES_MAX: 64,
    // Whatever a game says it is, it is in a page; but what is none is said.
    PLATFORMS: ['Windows', 'Mac', 'Linux', 'iPhone', 'iPad', 'Android', 'Web', 'Console'],
    // As in src/sdk/operation.rs.
    HARMLESS: [
      'internal_operation_set_ui_platform',
      'internal_operation_set_application_id',
      'internal_operation_set_ignore_repeat_login',
      'internal_operation_set_ipv6_prior',
      'internal_operation_set_max_retry_count',
      'internal_operation_set_packet_request_timeout',
      'internal_operation_init_local_storage',
      'internal_operation_set_offline_push_state',
      'internal_operation_report_tuicomponent_usage',
    ],
    // The newest version of the mirrored SDK all of whose functions there are, and this library's own.
    MIRRORED_VERSION: '8.6.0',
    VERSION: '0.1.0',

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
    // TIMSetConfig's, as the library has them at first.
    logLevel: 4,
    callbackLogLevel: 4,
    isConsoleOn: false,
    versions: {},

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

    callLog: function (callback, level, line, userData) {
      userstatus.withTexts([line], function (places) {
        {{{ makeDynCall('viii', 'callback') }}}(level, places[0], userData);
      });
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
      return lengthBytesUTF8(text) > userstatus.TEXT_BYTES_MAX ? null : text;
    },
    // What JSON says, or an error number. `null` is what layers above write for what they have not got: as a whole it is `absent`, and a key
    // that is `null` is none.
    json: function (place, absent, isRight) {
      var text = userstatus.text(place);
      if (!text) return userstatus.ERROR_PARAMETER;
      try {
        var value = JSON.parse(text, function (key, each) {
          return each === null && !Array.isArray(this) ? undefined : each;
        });
        if (value === undefined) value = absent;
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
    // Whether the keys that there are have these types: those of `typeof`, 'natural' numbers, 'users', or a function that says so.
    hasTypes: function (value, types) {
      return (
        userstatus.isObject(value) &&
        Object.keys(types).every(function (key) {
          var field = value[key];
          var type = types[key];
          if (field === undefined) return true;
          if (typeof type === 'function') return type(field);
          if (type === 'users') return userstatus.isUsers(field);
          if (type === 'natural') return Number.isInteger(field) && field >= 0 && field <= 0xffffffff;
          return typeof field === type;
        })
      );
    },
    // An object with keys of these types, or an error number.
    object: function (place, types) {
      return userstatus.json(place, {}, function (value) {
        return userstatus.hasTypes(value, types);
      });
    },
    // User ids, or an error number.
    users: function (place) {
      return userstatus.json(place, [], userstatus.isUsers);
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
        var begin = function (client) {
          // A login under way counted as one, and was none.
          if (needsLogin && userstatus.loginStatus() === 3) throw { code: 6014, message: 'not login' };
          return ask(client);
        };
        // Now, if it can be: who ends the client after this call wants it to be on its way.
        new Promise(function (resolve) {
          resolve(instance.client ? begin(instance.client) : instance.opening.then(begin));
        })
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
        friend_profile_remark: friend.remark || '',
        friend_profile_add_wording: friend.addWording || '',
        friend_profile_add_source: friend.addSource || '',
        friend_profile_add_time: friend.addTimeS || 0,
        // Layers above look into these without asking whether they are there.
        friend_profile_user_profile: {
          user_profile_identifier: friend.userId,
          user_profile_nick_name: '',
          user_profile_face_url: '',
          user_profile_custom_string_array: [],
        },
        friend_profile_custom_string_array: [],
      };
    },

    // Carries out an operation. Returns nothing, or a code and why.
    operate: function (operation) {
      switch (operation.request_internal_operation) {
        case 'internal_operation_set_custom_server_info':
          return userstatus.setServers(operation.request_set_custom_server_info_param);
        case 'internal_operation_write_log':
          return userstatus.writeLog(operation);
        default:
          if (userstatus.HARMLESS.indexOf(operation.request_internal_operation) < 0) return [7013, 'this library has no such operation'];
      }
    },
    isServerInfo: function (info) {
      var isAddress = function (address) {
        return userstatus.hasTypes(address, { server_address_ip: 'string', server_address_port: 'natural', server_address_is_quic: 'boolean' });
      };
      return userstatus.hasTypes(info, {
        longconnection_address_array: function (addresses) {
          return Array.isArray(addresses) && addresses.every(isAddress);
        },
      });
    },
    setServers: function (info) {
      var addresses = (info && info.longconnection_address_array) || [];
      if (addresses.length < 1 || addresses.length > userstatus.SERVERS_MAX) return [6017, 'longconnection_address_array: 1 to 8 addresses'];
      var isUsable = addresses.every(function (address) {
        var port = address.server_address_port;
        return address.server_address_ip && port >= 1 && port <= userstatus.PORT_MAX && !address.server_address_is_quic;
      });
      if (!isUsable) return [6017, 'an address has an IP and a port of 1 to 65535; there is no QUIC'];
      if (userstatus.instance) return [7014, 'the server is set before TIMInit'];
      userstatus.servers = addresses.map(function (address) {
        var ip = address.server_address_ip;
        return (ip.indexOf(':') < 0 ? ip : '[' + ip + ']') + ':' + address.server_address_port;
      });
    },
    writeLog: function (operation) {
      var level = operation.request_write_log_log_level_param || 0;
      if (level > userstatus.LOG_LEVEL_MAX) return [6017, 'request_write_log_log_level_param is not 0 to 7'];
      var number = operation.request_write_log_line_number_param;
      var origin = (operation.request_write_log_file_name_param || '') + (number > 0 ? ':' + number : '');
      var name = operation.request_write_log_func_name_param || '';
      origin += (origin && name ? ' ' : '') + name;
      var line = (origin ? origin + ': ' : '') + (operation.request_write_log_log_content_param || '');
      line = line.slice(0, userstatus.LINE_LETTERS_MAX).replace(/[\n\r]/g, ' ');
      if (userstatus.isConsoleOn && userstatus.logLevel && level >= userstatus.logLevel) console.log(line);
      if (userstatus.callbackLogLevel && level >= userstatus.callbackLogLevel) {
        userstatus.notify('log', function (callback, userData) {
          userstatus.callLog(callback, level, line, userData);
        });
      }
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

    // Made once: it lives as long as the page.
    versionText: function (text) {
      if (!userstatus.versions[text]) {
        userstatus.versions[text] = _malloc(text.length + 1);
        stringToUTF8(text, userstatus.versions[text], text.length + 1);
      }
      return userstatus.versions[text];
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
    var types = {
      sdk_config_log_file_path: 'string',
      sdk_config_server_address: 'string',
      sdk_config_ca_file: 'string',
      sdk_config_ca_pem: 'string',
      sdk_config_tls_pins: 'users',
      sdk_config_heartbeat_interval_ms: 'natural',
      sdk_config_platform: 'string',
      sdk_config_callback_mode: 'string',
    };
    var value = text === '' ? {} : userstatus.object(config, types);
    if (!(id > 0) || !Number.isSafeInteger(id)) return userstatus.ERROR_PARAMETER;
    if (typeof value === 'number') return value;
    var interval = value.sdk_config_heartbeat_interval_ms;
    if (interval && (interval < userstatus.HEARTBEAT_MIN_MS || interval > userstatus.HEARTBEAT_MAX_MS)) return userstatus.ERROR_PARAMETER;
    if (value.sdk_config_platform && userstatus.PLATFORMS.indexOf(value.sdk_config_platform) < 0) return userstatus.ERROR_PARAMETER;
    if (['', 'thread', 'pump'].indexOf(value.sdk_config_callback_mode || '') < 0) return userstatus.ERROR_PARAMETER;
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
    return userstatus.versionText(userstatus.MIRRORED_VERSION);
  },

  USGetVersion: function () {
    return userstatus.versionText(userstatus.VERSION);
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

  // This device's clock, until a server has told its own.
  USWebServerTime: function () {
    var client = userstatus.instance && userstatus.instance.client;
    return Math.floor(((client && client.serverTimeMs) || Date.now()) / 1000);
  },

  TIMSetConfig: function (config, callback, userData) {
    var value = userstatus.object(config, {
      set_config_log_level: 'natural',
      set_config_callback_log_level: 'natural',
      set_config_is_log_output_console: 'boolean',
      set_config_user_define_data: 'string',
    });
    if (typeof value === 'number') return value;
    var data = value.set_config_user_define_data;
    var levels = [value.set_config_log_level, value.set_config_callback_log_level];
    if (levels[0] > userstatus.LOG_LEVEL_MAX || levels[1] > userstatus.LOG_LEVEL_MAX) return userstatus.ERROR_PARAMETER;
    if (data !== undefined && lengthBytesUTF8(data) > userstatus.USER_DEFINED_DATA_BYTES_MAX) return userstatus.ERROR_PARAMETER;
    if (levels[0] !== undefined) userstatus.logLevel = levels[0];
    if (levels[1] !== undefined) userstatus.callbackLogLevel = levels[1];
    if (value.set_config_is_log_output_console !== undefined) userstatus.isConsoleOn = value.set_config_is_log_output_console;
    if (data !== undefined) userstatus.userDefinedData = data;
    // Layers above read what they gave, whatever became of it.
    var given = userstatus.text(config);
    if (data !== undefined && userstatus.instance && userstatus.instance.client) {
      var set = function (client) {
        return client.setUserDefinedData(data);
      };
      return userstatus.ask(callback, userData, given, false, set, function () {
        return given;
      });
    }
    var answer = userstatus.promise(callback, userData);
    if (!answer) return userstatus.ERROR_TOO_MANY_PENDING;
    answer(0, 'ok', given);
    return userstatus.SUCCESS;
  },

  TIMLogin: function (userId, userSig, callback, userData) {
    var user = userstatus.text(userId);
    var sig = userstatus.text(userSig);
    if (!user || !sig) return userstatus.ERROR_PARAMETER;
    var instance = userstatus.instance;
    if (instance && !/^[!-~]{1,32}$/.test(user)) {
      return userstatus.ask(callback, userData, '', false, function () {
        throw { code: 6017, message: 'a user id is 1 to 32 printable ASCII characters without space' };
      });
    }
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
    var value = userstatus.object(status, { user_status_custom_status: 'string' });
    if (typeof value === 'number') return value;
    return userstatus.ask(callback, userData, '', true, function (client) {
      return client.setSelfStatus(value.user_status_custom_status || '');
    });
  },

  TIMGetUserStatus: function (userIds, callback, userData) {
    var users = userstatus.users(userIds);
    if (typeof users === 'number') return users;
    var get = function (client) {
      return client.getUserStatus(users);
    };
    return userstatus.ask(callback, userData, '[]', true, get, userstatus.statusesJson);
  },

  TIMSubscribeUserStatus: function (userIds, callback, userData) {
    var users = userstatus.users(userIds);
    if (typeof users === 'number') return users;
    var subscribe = function (client) {
      return client.subscribe(users);
    };
    return userstatus.ask(callback, userData, '', true, subscribe, userstatus.statusesJson);
  },

  TIMUnsubscribeUserStatus: function (userIds, callback, userData) {
    var users = userstatus.text(userIds) === '' ? [] : userstatus.users(userIds);
    if (typeof users === 'number') return users;
    return userstatus.ask(callback, userData, '', true, function (client) {
      return users.length === 0 ? client.unsubscribeAll() : client.unsubscribe(users);
    });
  },

  TIMFriendshipGetFriendProfileList: function (callback, userData) {
    var list = function (client) {
      return client.listFriends();
    };
    return userstatus.ask(callback, userData, '', true, list, function (friends) {
      return JSON.stringify(friends.map(userstatus.friendJson));
    });
  },

  TIMFriendshipAddFriend: function (param, callback, userData) {
    var value = userstatus.object(param, {
      friendship_add_friend_param_identifier: 'string',
      friendship_add_friend_param_friend_type: 'natural',
      friendship_add_friend_param_remark: 'string',
      friendship_add_friend_param_group_name: 'string',
      friendship_add_friend_param_add_source: 'string',
      friendship_add_friend_param_add_wording: 'string',
    });
    if (typeof value === 'number') return value;
    var user = value.friendship_add_friend_param_identifier;
    if (!user || value.friendship_add_friend_param_friend_type > 1) return userstatus.ERROR_PARAMETER;
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
    var value = userstatus.object(param, {
      friendship_delete_friend_param_friend_type: 'natural',
      friendship_delete_friend_param_identifier_array: 'users',
    });
    if (typeof value === 'number') return value;
    if (value.friendship_delete_friend_param_friend_type > 1) return userstatus.ERROR_PARAMETER;
    var users = value.friendship_delete_friend_param_identifier_array || [];
    var remove = function (client) {
      return client.deleteFriends(users, { both: value.friendship_delete_friend_param_friend_type === 1 });
    };
    return userstatus.ask(callback, userData, '', true, remove, userstatus.resultsJson);
  },

  TIMFriendshipAddToBlackList: function (userIds, callback, userData) {
    var users = userstatus.users(userIds);
    if (typeof users === 'number') return users;
    var block = function (client) {
      return client.block(users);
    };
    return userstatus.ask(callback, userData, '', true, block, userstatus.resultsJson);
  },

  TIMFriendshipDeleteFromBlackList: function (userIds, callback, userData) {
    var users = userstatus.users(userIds);
    if (typeof users === 'number') return users;
    var unblock = function (client) {
      return client.unblock(users);
    };
    return userstatus.ask(callback, userData, '', true, unblock, userstatus.resultsJson);
  },

  TIMFriendshipGetBlackList: function (callback, userData) {
    var list = function (client) {
      return client.listBlocked();
    };
    return userstatus.ask(callback, userData, '', true, list, function (users) {
      return JSON.stringify(
        users.map(function (user) {
          return userstatus.friendJson({ userId: user });
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
    var operation = userstatus.object(param, {
      request_internal_operation: 'string',
      request_set_custom_server_info_param: userstatus.isServerInfo,
      request_write_log_log_level_param: 'natural',
      request_write_log_log_content_param: 'string',
      request_write_log_file_name_param: 'string',
      request_write_log_func_name_param: 'string',
      request_write_log_line_number_param: Number.isInteger,
    });
    if (typeof operation === 'number') return operation;
    if (!operation.request_internal_operation) return userstatus.ERROR_PARAMETER;
    var answer = userstatus.promise(callback, userData);
    if (!answer) return userstatus.ERROR_TOO_MANY_PENDING;
    var refused = userstatus.operate(operation);
    if (refused) answer(refused[0], refused[1], '');
    else answer(0, 'ok', '');
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

  // Of what the game writes itself: the module says nothing in a log.
  TIMSetLogCallback: function (callback, userData) {
    userstatus.setListener('log', callback, userData);
  },

  // Nobody waits in a page: a time-out is none.
  USPump: function (callbacksMax, timeoutMs) {
    return userstatus.pump(callbacksMax >>> 0);
  },
};

autoAddDeps(LibraryUserstatus, '$userstatus');
mergeInto(LibraryManager.library, LibraryUserstatus);
