/* SPDX-License-Identifier: Apache-2.0
 *
 * libuserstatus for C++17: one header over userstatus.h, with nothing else to build or link but the library.
 *
 *     #include <userstatus.hpp>
 *
 *     userstatus::options options;
 *     options.app_id = 1400000001;
 *     options.server_address = "127.0.0.1:7700";
 *
 *     userstatus::listeners listeners;
 *     listeners.status_changed = [](const std::vector<userstatus::user_status>& changed) {
 *         for (const userstatus::user_status& user : changed) std::cout << user.user_id << ": " << user.custom_status << '\n';
 *     };
 *
 *     userstatus::result<userstatus::client> opened = userstatus::client::open(options, listeners);
 *     if (!opened) return complain(opened.error());
 *     userstatus::client client = std::move(*opened);
 *
 *     userstatus::result<void> entered = client.wait(client.login("alice", user_sig));  // blocks
 *     if (!entered) return complain(entered.error());
 *     userstatus::result<void> asked = client.subscribe({"bob"}, [](userstatus::result<std::vector<userstatus::user_status>> now) {
 *         if (!now) complain(now.error());  // does not block
 *     });
 *
 * What the calls do, which errors they end with and all limits: userstatus.h, at the function each is named after.
 *
 * Calls. Each exists twice. With a completion it returns at once: success, and the completion runs exactly once; an error, and it
 * never runs and is destroyed before the call returns. Without one it returns a future of the same result, which a refused call has
 * made ready. An empty completion is allowed: nobody wants to know. Calls may be made from any thread, also inside callbacks.
 *
 * Threads. Completions and listeners run one after the other, on the library's callback thread; in callback_mode::pump inside
 * client::pump; with a dispatcher wherever that runs what it is given. Futures become ready without the dispatcher, so that the thread
 * that runs it may wait for them. In callback_mode::thread do not wait inside a callback: nothing could end the wait (client::wait says so
 * instead of hanging).
 *
 * Ownership. All arguments are copied or moved from. Completions are destroyed as soon as they have run, at the latest when close() ends
 * them with US_CODE_ENDED_BY_SHUTDOWN; listeners when they are replaced and at close(). What a dispatcher still holds is its own.
 *
 * Errors. Nothing here throws but for want of memory (std::bad_alloc, out of the function called). What a callback throws goes no
 * further than options::on_fault: it never reaches the library's frames. Builds with -fno-exceptions work as well.
 *
 * Several clients. client::open() gives the library's default client, of which a process has one at a time. It is found through an inline
 * variable: a program and a plug-in built with hidden visibility each have their own, and must agree on who opens it. A process with more
 * than one player in it opens each with client::open_separate(): callbacks of one run one after the other, those of two at the same time.
 */

#ifndef USERSTATUS_HPP
#define USERSTATUS_HPP

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "userstatus.h"

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define US_DETAIL_TRY try
#define US_DETAIL_CATCH catch (...)
#define US_DETAIL_CURRENT_EXCEPTION std::current_exception()
#else
#define US_DETAIL_TRY if constexpr (true)
#define US_DETAIL_CATCH else
#define US_DETAIL_CURRENT_EXCEPTION std::exception_ptr()
#endif

namespace userstatus {

// ------------------------------------------------------------ what is told and asked

/** The normal status of a user, kept by the system. */
enum class normal_status {
    unknown = 0,   /**< Never heard of by the server; also one that this header does not know. */
    online = 1,    /**< Logged in. */
    offline = 2,   /**< Did not log out, but the connection is gone. */
    unlogined = 3, /**< Never logged in, or logged out. */
};

struct user_status {
    std::string user_id;
    normal_status status = normal_status::unknown;
    /** Set by the user; empty if none. */
    std::string custom_status;
    /** The platforms the user is online from. */
    std::vector<std::string> online_devices;
};

enum class network_status {
    connected = 0,
    disconnected = 1, /**< Lost; the library goes on trying. */
    connecting = 2,
    connect_failed = 3, /**< The library goes on trying. */
};

/** What the platform says of its network. */
enum class network_change {
    gone = 0,
    changed = 1, /**< Another network, or another address. */
    back = 2,
};

enum class login_status {
    logined = 1,    /**< Stays so while a lost connection is being restored. */
    logining = 2,   /**< A login is under way. */
    unlogined = 3,  /**< Nobody is logged in. */
    logouting = 4,  /**< A logout is under way. */
};

enum class log_level { off = 0, test = 1, verbose = 2, debug = 3, info = 4, warn = 5, error = 6, assertion = 7 };

/** Whose friend list is meant: one's own, or also the other user's. */
enum class friend_type { single = 0, both = 1 };

struct friend_profile {
    std::string user_id;
    /** The groups the friend is in; empty if none. */
    std::vector<std::string> groups;
    std::string remark;
    std::string add_wording;
    std::string add_source;
    /** When the friend was added, in seconds since 1970, UTC. */
    std::int64_t added_at_s = 0;
};

/** Whom to add, and what to note about it. */
struct friend_request {
    std::string user_id;
    friend_type type = friend_type::single;
    std::string remark;
    std::string group;
    std::string source;
    std::string wording;
};

/** What became of one user in a call about friends. */
struct friend_result {
    std::string user_id;
    /** US_CODE_OK, or why not. */
    std::int32_t code = US_CODE_OK;
    std::string desc;
};

// ------------------------------------------------------------ results

/** Why something failed. */
struct error {
    /** Positive: a USCode, what the call ended with. Negative: a TIMResult or USResult, why it was refused. */
    std::int32_t code = US_ERR_INTERNAL;
    /** In words, for people. */
    std::string desc;

    /** The code's name in userstatus.h; "UNKNOWN" for what a newer server sends. Lives as long as the process. */
    const char* name() const noexcept;
};

/** A value, or why there is none. Asking for the one that is not there is a bug of the caller: it ends the process. */
template <class T>
class [[nodiscard]] result {
public:
    result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    result(userstatus::error why) : held_(std::in_place_index<1>, std::move(why)) {}

    bool has_value() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() & noexcept { return *checked(std::get_if<0>(&held_)); }
    const T& value() const& noexcept { return *checked(std::get_if<0>(&held_)); }
    T&& value() && noexcept { return std::move(*checked(std::get_if<0>(&held_))); }
    T& operator*() & noexcept { return value(); }
    const T& operator*() const& noexcept { return value(); }
    T&& operator*() && noexcept { return std::move(*this).value(); }
    T* operator->() noexcept { return &value(); }
    const T* operator->() const noexcept { return &value(); }

    const userstatus::error& error() const& noexcept { return *checked(std::get_if<1>(&held_)); }
    userstatus::error&& error() && noexcept { return std::move(*checked(std::get_if<1>(&held_))); }

private:
    template <class P>
    static P* checked(P* held) noexcept {
        if (held == nullptr) std::terminate();
        return held;
    }

    std::variant<T, userstatus::error> held_;
};

/** Success, or why not. */
template <>
class [[nodiscard]] result<void> {
public:
    result() = default;
    result(userstatus::error why) : why_(std::move(why)) {}

    bool has_value() const noexcept { return !why_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    const userstatus::error& error() const& noexcept {
        if (!why_) std::terminate();
        return *why_;
    }

private:
    std::optional<userstatus::error> why_;
};

/** Runs exactly once if the call that took it succeeded, and never otherwise. May be empty. */
template <class T>
using completion = std::function<void(result<T>)>;

using user_statuses = std::vector<user_status>;
using user_ids = std::vector<std::string>;

// ------------------------------------------------------------ options

enum class callback_mode {
    thread, /**< Callbacks run on a thread of the library's. */
    pump,   /**< Callbacks run inside client::pump, for a game that calls it each frame. */
};

/**
 * Runs what it is given, once, later or at once, on whatever thread it likes: a game's main thread, an event loop. Called on the thread
 * callbacks run on. It should keep the order. What it drops, or throws instead of running, is destroyed unrun.
 */
using dispatcher = std::function<void(std::function<void()>)>;

/**
 * Told of what cannot be told otherwise: that a callback, or the dispatcher, threw (`what` is never null then), or that the library said
 * something this header cannot read (`what` is null). Runs on the thread the callback ran on. What it throws itself is dropped.
 */
using fault_handler = std::function<void(const std::string& where, std::exception_ptr what)>;

/** Empty strings and options leave what the library has of itself. */
struct options {
    /** The app's number on the server; not 0. */
    std::uint64_t app_id = 0;
    /**
     * "host:port" or "tls://host:port"; up to 8 with commas between them, of which the first that answers is used. Empty: what the
     * environment variable USERSTATUS_SERVER says.
     */
    std::string server_address;
    /** PEM file of the authorities a tls:// server is checked against, instead of the system's. */
    std::string ca_file;
    /** The same as PEM text; beside a file, both count. */
    std::string ca_pem;
    /** At most 16 keys, one of which the certificate of a tls:// server has to have: kUSSdkConfigTlsPins. Empty: any. */
    std::vector<std::string> tls_pins;
    /** How long at most the library sends nothing, if the server does not ask for less: 5 s to an hour. None: as the server asks. */
    std::optional<std::chrono::milliseconds> heartbeat_interval;
    /** "Windows", "Mac", "Linux", "iPhone", "iPad", "Android", "Web" or "Console". */
    std::string platform;
    /** Folder the log is written to. This and the next three are the process's: client::open alone takes them. */
    std::string log_folder;
    /** Least level written to the log file and the standard error stream. As the next three it outlives the client. */
    std::optional<log_level> written_log_level;
    /** Least level handed to listeners::log. */
    std::optional<log_level> listened_log_level;
    /** Whether the log also goes to the standard error stream. */
    std::optional<bool> log_to_stderr;
    /** At most 64 bytes, sent with every login, for the operator's webhooks; a server without them drops it. */
    std::optional<std::string> user_define_data;
    callback_mode callbacks = callback_mode::thread;
    /** Empty: callbacks run where the library runs them. */
    userstatus::dispatcher dispatcher;
    /** Empty: faults are written to the standard error stream. */
    fault_handler on_fault;
};

/** Who is told what. Any may be empty. Which thread: as for completions. How often, and what of a backlog is kept: userstatus.h. */
struct listeners {
    /** Own changes, those of users subscribed to, and those of friends if the app says so. Each status is whole. */
    std::function<void(const user_statuses&)> status_changed;
    /** The code is US_CODE_OK, or why the connection failed or was lost. */
    std::function<void(network_status, const error&)> network_changed;
    /** Logged out by a login elsewhere or by the operator. client::login comes back. */
    std::function<void()> kicked_offline;
    /** The UserSig ends in so long, by the server's clock: mint a new one and call client::login with the same user. Once for each UserSig. */
    std::function<void(std::chrono::milliseconds)> user_sig_expiring;
    /**
     * A new UserSig is needed: it has ended, or does not let this device in any more. Mint one and call client::login;
     * client::login_status says whether the user is still logged in. When and how often: TIMUserSigExpiredCallback.
     */
    std::function<void()> user_sig_expired;
    std::function<void(const user_ids&)> friends_added;
    std::function<void(const user_ids&)> friends_deleted;
    /** The log is the process's: only the client of client::open is told of it. */
    std::function<void(log_level, const std::string&)> log;
};

// ------------------------------------------------------------ inside

namespace detail {

struct code_name {
    std::int32_t code;
    const char* name;
};

#define US_DETAIL_NAME(code) code_name{code, #code}
inline constexpr code_name code_names[] = {
    US_DETAIL_NAME(US_CODE_OK),
    US_DETAIL_NAME(US_CODE_REQUEST_TIMEOUT),
    US_DETAIL_NAME(US_CODE_NOT_INITIALIZED),
    US_DETAIL_NAME(US_CODE_NOT_LOGGED_IN),
    US_DETAIL_NAME(US_CODE_IN_PROGRESS),
    US_DETAIL_NAME(US_CODE_INVALID_PARAMETERS),
    US_DETAIL_NAME(US_CODE_USER_SIG_EXPIRED_LOCALLY),
    US_DETAIL_NAME(US_CODE_KICKED_OFFLINE),
    US_DETAIL_NAME(US_CODE_CALLED_TOO_OFTEN),
    US_DETAIL_NAME(US_CODE_ENDED_BY_SHUTDOWN),
    US_DETAIL_NAME(US_CODE_NEEDS_PREMIUM),
    US_DETAIL_NAME(US_CODE_INVALID_OPERATION),
    US_DETAIL_NAME(US_CODE_NO_CONNECTION),
    US_DETAIL_NAME(US_CODE_NO_ANSWER),
    US_DETAIL_NAME(US_CODE_NEVER_SENT),
    US_DETAIL_NAME(US_CODE_FRIEND_REQUEST_INVALID),
    US_DETAIL_NAME(US_CODE_FRIEND_NO_SUCH_ACCOUNT),
    US_DETAIL_NAME(US_CODE_FRIENDS_FULL),
    US_DETAIL_NAME(US_CODE_PEER_FRIENDS_FULL),
    US_DETAIL_NAME(US_CODE_ALREADY_FRIENDS),
    US_DETAIL_NAME(US_CODE_FRIEND_BLOCKED),
    US_DETAIL_NAME(US_CODE_BLOCKED_BY_FRIEND),
    US_DETAIL_NAME(US_CODE_NOT_A_FRIEND),
    US_DETAIL_NAME(US_CODE_TOO_FREQUENT),
    US_DETAIL_NAME(US_CODE_SIG_EXPIRED),
    US_DETAIL_NAME(US_CODE_SIG_EMPTY),
    US_DETAIL_NAME(US_CODE_SIG_MALFORMED),
    US_DETAIL_NAME(US_CODE_SIG_FORGED),
    US_DETAIL_NAME(US_CODE_SIG_OTHER_USER),
    US_DETAIL_NAME(US_CODE_SIG_OTHER_APP),
    US_DETAIL_NAME(US_CODE_UNKNOWN_APP),
    US_DETAIL_NAME(US_CODE_TOO_MANY_FAILURES),
    US_DETAIL_NAME(US_CODE_SIG_REVOKED),
    US_DETAIL_NAME(US_CODE_NO_SUCH_ACCOUNT),
    US_DETAIL_NAME(US_CODE_BAD_PARAMETERS),
    US_DETAIL_NAME(US_CODE_NOT_ADMIN),
    US_DETAIL_NAME(US_CODE_INTERNAL),
    US_DETAIL_NAME(US_CODE_STATUS_SWITCH_OFF),
    US_DETAIL_NAME(TIM_ERR_SDKUNINIT),
    US_DETAIL_NAME(TIM_ERR_NOTLOGIN),
    US_DETAIL_NAME(TIM_ERR_JSON),
    US_DETAIL_NAME(TIM_ERR_PARAM),
    US_DETAIL_NAME(TIM_ERR_CONV),
    US_DETAIL_NAME(TIM_ERR_GROUP),
    US_DETAIL_NAME(US_ERR_TOO_MANY_PENDING),
    US_DETAIL_NAME(US_ERR_NOT_PUMP_MODE),
    US_DETAIL_NAME(US_ERR_INTERNAL),
    US_DETAIL_NAME(US_ERR_TOO_MANY_CLIENTS),
};
#undef US_DETAIL_NAME

/** A function's return value, in words: unlike callbacks it comes without any. */
inline const char* refusal_text(int returned) noexcept {
    switch (returned) {
        case TIM_ERR_JSON: return "a text is not UTF-8";
        case TIM_ERR_PARAM: return "an argument is empty, too long or out of range, or the library is initialised otherwise";
        case US_ERR_TOO_MANY_CLIENTS: return "too many clients are open in this process";
        case US_ERR_TOO_MANY_PENDING: return "too many calls wait for their completion";
        case US_ERR_NOT_PUMP_MODE: return "callbacks run on the callback thread";
        case US_ERR_INTERNAL: return "something inside the library failed; the log says what";
        default: return "refused";
    }
}

inline error refusal(int returned) { return error{returned, refusal_text(returned)}; }

inline error not_open() { return error{US_CODE_NOT_INITIALIZED, "this client is not open"}; }

// ---- JSON

/** Deepest nesting read. What the library says is three deep; more may come, but a stack has an end. */
inline constexpr int json_depth_max = 32;

/** A JSON value. Of numbers only integers are of use here; others are read over. */
struct json {
    enum class kind { null, boolean, integer, other_number, string, array, object };

    kind is = kind::null;
    std::int64_t integer = 0;
    std::string string;
    /** Of an array, or the values of an object. */
    std::vector<json> items;
    /** Of an object, in the order of its values. */
    std::vector<std::string> keys;

    /** Null: no object, or no such key. */
    const json* find(std::string_view key, kind wanted) const noexcept {
        for (std::size_t i = 0; is == kind::object && i < keys.size(); ++i) {
            if (keys[i] == key) return items[i].is == wanted ? &items[i] : nullptr;
        }
        return nullptr;
    }
};

/** Reads one JSON text (RFC 8259), whole. Throws nothing of its own. */
class json_reader {
public:
    static std::optional<json> read(std::string_view text) {
        json_reader reader(text);
        json value;
        if (!reader.value(value, 0)) return std::nullopt;
        reader.space();
        if (!reader.rest_.empty()) return std::nullopt;
        return value;
    }

private:
    explicit json_reader(std::string_view text) noexcept : rest_(text) {}

    void space() noexcept {
        while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n' || rest_[0] == '\r')) {
            rest_.remove_prefix(1);
        }
    }

    bool take(std::string_view token) noexcept {
        if (rest_.substr(0, token.size()) != token) return false;
        rest_.remove_prefix(token.size());
        return true;
    }

    bool value(json& out, int depth) {
        space();
        if (rest_.empty() || depth > json_depth_max) return false;
        switch (rest_[0]) {
            case '{': return object(out, depth);
            case '[': return array(out, depth);
            case '"': out.is = json::kind::string; return string(out.string);
            case 't': out.is = json::kind::boolean; out.integer = 1; return take("true");
            case 'f': out.is = json::kind::boolean; return take("false");
            case 'n': return take("null");
            default: return number(out);
        }
    }

    bool array(json& out, int depth) {
        out.is = json::kind::array;
        take("[");
        space();
        if (take("]")) return true;
        do {
            if (!value(out.items.emplace_back(), depth + 1)) return false;
            space();
        } while (take(","));
        return take("]");
    }

    bool object(json& out, int depth) {
        out.is = json::kind::object;
        take("{");
        space();
        if (take("}")) return true;
        do {
            space();
            if (!string(out.keys.emplace_back())) return false;
            space();
            if (!take(":") || !value(out.items.emplace_back(), depth + 1)) return false;
            space();
        } while (take(","));
        return take("}");
    }

    bool number(json& out) noexcept {
        const std::string_view begin = rest_;
        take("-");
        if (!take("0") && !digits()) return false;
        bool is_integer = true;
        if (take(".")) {
            is_integer = false;
            if (!digits()) return false;
        }
        if (take("e") || take("E")) {
            is_integer = false;
            if (!take("-")) take("+");
            if (!digits()) return false;
        }
        const char* const end = begin.data() + (begin.size() - rest_.size());
        // What does not fit is a number all the same, only none that is of use.
        is_integer = is_integer && std::from_chars(begin.data(), end, out.integer).ec == std::errc();
        out.is = is_integer ? json::kind::integer : json::kind::other_number;
        return true;
    }

    bool digits() noexcept {
        std::size_t count = 0;
        while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
        rest_.remove_prefix(count);
        return count > 0;
    }

    bool string(std::string& out) {
        if (!take("\"")) return false;
        while (!rest_.empty()) {
            const char letter = rest_[0];
            rest_.remove_prefix(1);
            if (letter == '"') return true;
            if (static_cast<unsigned char>(letter) < 0x20) return false;
            if (letter != '\\') {
                out.push_back(letter);
            } else if (!escape(out)) {
                return false;
            }
        }
        return false;
    }

    bool escape(std::string& out) {
        if (rest_.empty()) return false;
        const char letter = rest_[0];
        rest_.remove_prefix(1);
        switch (letter) {
            case '"': case '\\': case '/': out.push_back(letter); return true;
            case 'b': out.push_back('\b'); return true;
            case 'f': out.push_back('\f'); return true;
            case 'n': out.push_back('\n'); return true;
            case 'r': out.push_back('\r'); return true;
            case 't': out.push_back('\t'); return true;
            case 'u': break;
            default: return false;
        }
        std::uint32_t point = 0;
        if (!hex4(point)) return false;
        const bool is_low = point >= 0xDC00 && point < 0xE000;
        if (is_low) return false;
        if (point >= 0xD800 && point < 0xDC00) {
            // Beyond the first 65,536 a character is two escapes; half of one is no character.
            std::uint32_t low = 0;
            if (!take("\\u") || !hex4(low) || low < 0xDC00 || low >= 0xE000) return false;
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
        utf8(point, out);
        return true;
    }

    bool hex4(std::uint32_t& out) noexcept {
        if (rest_.size() < 4) return false;
        const char* const end = rest_.data() + 4;
        const std::from_chars_result read = std::from_chars(rest_.data(), end, out, 16);
        if (read.ec != std::errc() || read.ptr != end) return false;
        rest_.remove_prefix(4);
        return true;
    }

    static void utf8(std::uint32_t point, std::string& out) {
        const auto push = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
        if (point < 0x80) {
            push(point);
        } else if (point < 0x800) {
            push(0xC0 | (point >> 6));
            push(0x80 | (point & 0x3F));
        } else if (point < 0x10000) {
            push(0xE0 | (point >> 12));
            push(0x80 | ((point >> 6) & 0x3F));
            push(0x80 | (point & 0x3F));
        } else {
            push(0xF0 | (point >> 18));
            push(0x80 | ((point >> 12) & 0x3F));
            push(0x80 | ((point >> 6) & 0x3F));
            push(0x80 | (point & 0x3F));
        }
    }

    std::string_view rest_;
};

inline std::string quoted(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (byte < 0x20) {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 0xF];
        } else {
            if (letter == '"' || letter == '\\') out += '\\';
            out += letter;
        }
    }
    out += '"';
    return out;
}

inline std::string quoted(const user_ids& ids) {
    std::string out = "[";
    for (const std::string& id : ids) {
        if (out.size() > 1) out += ',';
        out += quoted(id);
    }
    out += ']';
    return out;
}

/** Writes an object, key by key. */
class json_object {
public:
    json_object& raw(const char* key, const std::string& value) {
        text_ += text_.empty() ? "{" : ",";
        text_ += quoted(key) + ':' + value;
        return *this;
    }
    json_object& text(const char* key, const std::string& value) { return raw(key, quoted(value)); }
    /** Leaves out what is empty. */
    json_object& given(const char* key, const std::string& value) { return value.empty() ? *this : text(key, value); }
    template <class E>
    json_object& number(const char* key, E value) {
        return raw(key, std::to_string(static_cast<int>(value)));
    }
    bool empty() const noexcept { return text_.empty(); }
    std::string end() const { return text_.empty() ? "{}" : text_ + '}'; }

private:
    std::string text_;
};

// ---- what the JSON says; nothing if it is not of the form userstatus.h promises

inline std::string text_of(const json& object, const char* key) {
    const json* const found = object.find(key, json::kind::string);
    return found == nullptr ? std::string() : found->string;
}

inline bool read_texts(const json& from, std::vector<std::string>& out) {
    if (from.is != json::kind::array) return false;
    for (const json& item : from.items) {
        if (item.is != json::kind::string) return false;
        out.push_back(item.string);
    }
    return true;
}

inline bool read(const json& from, std::string& out) {
    out = from.string;
    return from.is == json::kind::string;
}

inline bool read(const json& from, user_status& out) {
    const json* const user = from.find(kTIMUserStatusIdentifier, json::kind::string);
    const json* const status = from.find(kTIMUserStatusStatusType, json::kind::integer);
    if (user == nullptr || status == nullptr) return false;
    out.user_id = user->string;
    if (status->integer >= kTIMUserStatusType_Online && status->integer <= kTIMUserStatusType_UnLogined) {
        out.status = static_cast<normal_status>(status->integer);
    }
    out.custom_status = text_of(from, kTIMUserStatusCustomStatus);
    const json* const devices = from.find(KTIMUserStatusOnlineDevices, json::kind::array);
    return devices == nullptr || read_texts(*devices, out.online_devices);
}

inline bool read(const json& from, friend_profile& out) {
    const json* const user = from.find(kTIMFriendProfileIdentifier, json::kind::string);
    if (user == nullptr) return false;
    out.user_id = user->string;
    out.remark = text_of(from, kTIMFriendProfileRemark);
    out.add_wording = text_of(from, kTIMFriendProfileAddWording);
    out.add_source = text_of(from, kTIMFriendProfileAddSource);
    const json* const time = from.find(kTIMFriendProfileAddTime, json::kind::integer);
    if (time != nullptr) out.added_at_s = time->integer;
    const json* const groups = from.find(kTIMFriendProfileGroupNameArray, json::kind::array);
    return groups == nullptr || read_texts(*groups, out.groups);
}

inline bool read(const json& from, friend_result& out) {
    const json* const user = from.find(kTIMFriendResultIdentifier, json::kind::string);
    const json* const code = from.find(kTIMFriendResultCode, json::kind::integer);
    if (user == nullptr || code == nullptr) return false;
    // In brackets: windows.h has a macro of that name.
    if (code->integer < 0 || code->integer > (std::numeric_limits<std::int32_t>::max)()) return false;
    out.user_id = user->string;
    out.code = static_cast<std::int32_t>(code->integer);
    out.desc = text_of(from, kTIMFriendResultDesc);
    return true;
}

template <class T>
bool read(const json& from, std::vector<T>& out) {
    if (from.is != json::kind::array) return false;
    for (const json& item : from.items) {
        if (!read(item, out.emplace_back())) return false;
    }
    return true;
}

/** The answer of a call that succeeded. */
template <class T>
result<T> parse(const char* text) {
    const std::optional<json> value = json_reader::read(text == nullptr ? "" : text);
    T answer;
    if (!value || !read(*value, answer)) return error{US_ERR_INTERNAL, "the library's answer cannot be read"};
    return answer;
}

template <>
inline result<void> parse<void>(const char*) {
    return {};
}

// ---- callbacks

/** How many of the library's callbacks are running on this thread, one inside the other. */
inline thread_local int callbacks_here = 0;

/** Whether the default client of this process is open. */
inline std::atomic<bool> is_taken{false};

struct in_callback {
    in_callback() noexcept { ++callbacks_here; }
    in_callback(const in_callback&) = delete;
    in_callback& operator=(const in_callback&) = delete;
    ~in_callback() { --callbacks_here; }
};

/** What a client has beside the library. Shared with the calls under way: it is there as long as one of them is. */
class core : public std::enable_shared_from_this<core> {
public:
    core(callback_mode mode, dispatcher post, fault_handler on_fault)
        : mode_(mode), on_fault_(std::move(on_fault)), post_(post ? std::make_shared<const dispatcher>(std::move(post)) : nullptr) {}

    callback_mode mode() const noexcept { return mode_; }

    /** The library's number for it; 0: its default client. */
    USClient number() const noexcept { return number_; }

    /** Makes it that of a numbered client, before anybody else knows of it. */
    void stand_on(USClient number) noexcept { number_ = number; }

    /** Lets go of what is the user's. A dispatcher may own tasks, which own this object: nobody else would end that circle. */
    void close() noexcept {
        is_closed_ = true;
        std::shared_ptr<const listeners> heard;
        std::shared_ptr<const dispatcher> post;
        US_DETAIL_TRY {
            const std::lock_guard<std::mutex> guard(lock_);
            heard_.swap(heard);
            post_.swap(post);
        }
        US_DETAIL_CATCH {
            // A mutex that cannot be locked: they stay for as long as this object does.
        }
    }

    void listen(std::shared_ptr<const listeners> heard) {
        const std::lock_guard<std::mutex> guard(lock_);
        heard_.swap(heard);
    }

    std::shared_ptr<const listeners> heard() {
        const std::lock_guard<std::mutex> guard(lock_);
        return heard_;
    }

    /** Says that something is wrong, to whoever wants to know. */
    void fault(const char* where, std::exception_ptr what) noexcept {
        US_DETAIL_TRY {
            if (on_fault_) {
                on_fault_(where, std::move(what));
            } else {
                std::fprintf(stderr, "userstatus: %s: %s\n", where, describe(what).c_str());
            }
        }
        US_DETAIL_CATCH {
            // There is nobody left to tell.
        }
    }

    /** Runs code of the user's, and lets nothing out of it. */
    template <class F>
    void guarded(const char* where, F&& code) noexcept {
        US_DETAIL_TRY { code(); }
        US_DETAIL_CATCH { fault(where, US_DETAIL_CURRENT_EXCEPTION); }
    }

    /** Runs code of the user's where the user wants it. */
    template <class F>
    void run(const char* where, F code) noexcept {
        std::shared_ptr<const dispatcher> post;
        guarded(where, [&] {
            const std::lock_guard<std::mutex> guard(lock_);
            post = post_;
        });
        if (!post) return guarded(where, code);
        guarded("the dispatcher", [&] {
            // A std::function can be copied; what it runs need not be.
            auto task = std::make_shared<F>(std::move(code));
            (*post)([self = shared_from_this(), where, task]() mutable {
                // Gone after the first run, even if the dispatcher keeps the function.
                const std::shared_ptr<F> once = std::move(task);
                if (once) self->guarded(where, *once);
            });
        });
    }

    /** Tells a listener, unless there is none any more. */
    template <class Tell>
    void tell(const char* where, Tell tell_listener) noexcept {
        const in_callback here;
        // A listener that closes the client lets go of this object.
        const std::shared_ptr<core> self = shared_from_this();
        guarded(where, [&] {
            run(where, [self, tell_listener = std::move(tell_listener)] {
                if (self->is_closed_) return;
                const std::shared_ptr<const listeners> heard = self->heard();
                if (heard) tell_listener(*heard);
            });
        });
    }

    /** Tells a listener what a JSON text says. */
    template <class T>
    void tell_json(const char* where, const char* text, std::function<void(const T&)> listeners::* which) noexcept {
        US_DETAIL_TRY {
            result<T> said = parse<T>(text);
            if (!said) return fault(where, nullptr);
            tell(where, [which, said = std::move(*said)](const listeners& heard) {
                if (heard.*which) (heard.*which)(said);
            });
        }
        US_DETAIL_CATCH { fault(where, US_DETAIL_CURRENT_EXCEPTION); }
    }

private:
    static std::string describe(const std::exception_ptr& what) {
        if (!what) return "the library said something that cannot be read";
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
        try {
            std::rethrow_exception(what);
        } catch (const std::exception& exception) {
            return exception.what();
        } catch (...) {
        }
#endif
        return "an exception";
    }

    const callback_mode mode_;
    const fault_handler on_fault_;
    USClient number_ = 0;
    std::mutex lock_;
    /** Null: callbacks run where the library runs them. */
    std::shared_ptr<const dispatcher> post_;
    std::shared_ptr<const listeners> heard_;
    std::atomic<bool> is_closed_{false};
};

/** A call under way: the user data of its callback, which owns it. */
class operation {
public:
    operation() = default;
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;
    virtual ~operation() = default;

    /** A TIMCommCallback. The library calls it exactly once for each call it accepted. */
    static void ended(std::int32_t code, const char* desc, const char* json_params, const void* user_data) noexcept {
        const in_callback here;
        const std::unique_ptr<operation> owned(static_cast<operation*>(const_cast<void*>(user_data)));
        owned->finish(code, desc, json_params);
    }

private:
    virtual void finish(std::int32_t code, const char* desc, const char* json_params) noexcept = 0;
};

/** A function of the library in its two forms: for the default client, and for a numbered one. */
template <class Default, class Numbered>
struct both {
    Default of_default;
    Numbered of_numbered;

    template <class... A>
    auto operator()(USClient number, A... arguments) const {
        return number == 0 ? of_default(arguments...) : of_numbered(number, arguments...);
    }
};

template <class Default, class Numbered>
both(Default, Numbered) -> both<Default, Numbered>;

#define US_DETAIL_BOTH(name) detail::both{TIM##name, USClient##name}
#define US_DETAIL_BOTH_US(name) detail::both{US##name, USClient##name}

enum class via { dispatcher, nothing };

template <class T>
class operation_of final : public operation {
public:
    operation_of(std::shared_ptr<core> owner, completion<T> done, via how)
        : owner_(std::move(owner)), done_(std::move(done)), how_(how) {}

private:
    void finish(std::int32_t code, const char* desc, const char* json_params) noexcept override {
        if (!done_) return;
        constexpr const char* where = "a completion";
        owner_->guarded(where, [&] {
            result<T> answer = answer_of(code, desc, json_params);
            if (how_ == via::nothing) return done_(std::move(answer));
            owner_->run(where, [done = std::move(done_), answer = std::move(answer)]() mutable { done(std::move(answer)); });
        });
    }

    static result<T> answer_of(std::int32_t code, const char* desc, const char* json_params) noexcept {
        US_DETAIL_TRY {
            if (code != US_CODE_OK) return error{code, desc == nullptr ? "" : desc};
            return parse<T>(json_params);
        }
        US_DETAIL_CATCH {
            // Short enough to need no memory, of which there is none.
            return error{US_ERR_INTERNAL, "no memory"};
        }
    }

    const std::shared_ptr<core> owner_;
    completion<T> done_;
    const via how_;
};

/** Makes a call, of whichever client it is. Owned here until the library has accepted it, then by its callback. */
template <class T, class Call>
result<void> begin(const std::shared_ptr<core>& owner, completion<T> done, Call call, via how = via::dispatcher) {
    if (!owner) return not_open();
    std::unique_ptr<operation> pending = std::make_unique<operation_of<T>>(owner, std::move(done), how);
    const int returned = call(owner->number(), &operation::ended, static_cast<const void*>(pending.get()));
    if (returned != TIM_SUCC) return refusal(returned);
    // Its callback may have run by now, and freed it.
    static_cast<void>(pending.release());
    return {};
}

/** Makes a call whose answer is waited for. */
template <class T, class Call>
std::future<result<T>> promised(const std::shared_ptr<core>& owner, Call call) {
    auto promise = std::make_shared<std::promise<result<T>>>();
    std::future<result<T>> future = promise->get_future();
    const completion<T> keep = [promise](result<T> answer) { promise->set_value(std::move(answer)); };
    result<void> begun = begin<T>(owner, keep, call, via::nothing);
    if (!begun) promise->set_value(begun.error());
    return future;
}

/** The library's listener callbacks; their user data is the core, which outlives their registration. */
struct trampolines {
    static core& of(const void* user_data) noexcept { return *static_cast<core*>(const_cast<void*>(user_data)); }

    static void status_changed(const char* json_user_status_array, const void* user_data) noexcept {
        of(user_data).tell_json<user_statuses>("status_changed", json_user_status_array, &listeners::status_changed);
    }

    static void network_changed(TIMNetworkStatus status, std::int32_t code, const char* desc, const void* user_data) noexcept {
        core& owner = of(user_data);
        owner.guarded("network_changed", [&] {
            owner.tell("network_changed", [status, why = error{code, desc}](const listeners& heard) {
                if (heard.network_changed) heard.network_changed(static_cast<network_status>(status), why);
            });
        });
    }

    static void kicked_offline(const void* user_data) noexcept {
        of(user_data).tell("kicked_offline", [](const listeners& heard) {
            if (heard.kicked_offline) heard.kicked_offline();
        });
    }

    static void user_sig_expiring(std::uint64_t expires_in_ms, const void* user_data) noexcept {
        constexpr std::uint64_t longest_ms = (std::numeric_limits<std::int64_t>::max)();
        const std::chrono::milliseconds expires_in(static_cast<std::int64_t>(expires_in_ms < longest_ms ? expires_in_ms : longest_ms));
        of(user_data).tell("user_sig_expiring", [expires_in](const listeners& heard) {
            if (heard.user_sig_expiring) heard.user_sig_expiring(expires_in);
        });
    }

    static void user_sig_expired(const void* user_data) noexcept {
        of(user_data).tell("user_sig_expired", [](const listeners& heard) {
            if (heard.user_sig_expired) heard.user_sig_expired();
        });
    }

    static void friends_added(const char* json_identifier_array, const void* user_data) noexcept {
        of(user_data).tell_json<user_ids>("friends_added", json_identifier_array, &listeners::friends_added);
    }

    static void friends_deleted(const char* json_identifier_array, const void* user_data) noexcept {
        of(user_data).tell_json<user_ids>("friends_deleted", json_identifier_array, &listeners::friends_deleted);
    }

    static void log(TIMLogLevel level, const char* line, const void* user_data) noexcept {
        core& owner = of(user_data);
        owner.guarded("log", [&] {
            owner.tell("log", [level, line = std::string(line)](const listeners& heard) {
                if (heard.log) heard.log(static_cast<log_level>(level), line);
            });
        });
    }

    /** Registers those that somebody listens to. Returns when none that was registered before is running. */
    static void set(const listeners& heard, USClient number, const core* owner) noexcept {
        US_DETAIL_BOTH(SetUserStatusChangedCallback)(number, heard.status_changed ? &status_changed : nullptr, owner);
        US_DETAIL_BOTH(SetNetworkStatusListenerCallback)(number, heard.network_changed ? &network_changed : nullptr, owner);
        US_DETAIL_BOTH(SetKickedOfflineCallback)(number, heard.kicked_offline ? &kicked_offline : nullptr, owner);
        US_DETAIL_BOTH_US(SetUserSigExpiringCallback)(number, heard.user_sig_expiring ? &user_sig_expiring : nullptr, owner);
        US_DETAIL_BOTH(SetUserSigExpiredCallback)(number, heard.user_sig_expired ? &user_sig_expired : nullptr, owner);
        US_DETAIL_BOTH(SetOnAddFriendCallback)(number, heard.friends_added ? &friends_added : nullptr, owner);
        US_DETAIL_BOTH(SetOnDeleteFriendCallback)(number, heard.friends_deleted ? &friends_deleted : nullptr, owner);
        if (number == 0) TIMSetLogCallback(heard.log ? &log : nullptr, owner);
    }
};

// ---- calls

/** A function that takes a JSON text. */
template <class Function>
auto json_call(Function function, std::string json) {
    return [function, json = std::move(json)](USClient number, TIMCommCallback cb, const void* user_data) {
        return function(number, json.c_str(), cb, user_data);
    };
}

inline auto login_call(const std::string& user_id, const std::string& user_sig) {
    return [&user_id, &user_sig](USClient number, TIMCommCallback cb, const void* user_data) -> int {
        // C would see the text end there, and log somebody else in.
        const auto is_cut = [](const std::string& text) { return text.find('\0') != std::string::npos; };
        if (is_cut(user_id) || is_cut(user_sig)) return TIM_ERR_PARAM;
        return US_DETAIL_BOTH(Login)(number, user_id.c_str(), user_sig.c_str(), cb, user_data);
    };
}

inline auto set_call(const std::string& custom_status) {
    return json_call(US_DETAIL_BOTH(SetSelfStatus), json_object().text(kTIMUserStatusCustomStatus, custom_status).end());
}

inline auto unsubscribe_call(const user_ids& users) {
    return [&users](USClient number, TIMCommCallback cb, const void* user_data) -> int {
        // To the library it would mean all: too much for a list that happens to be empty.
        if (users.empty()) return TIM_ERR_PARAM;
        return US_DETAIL_BOTH(UnsubscribeUserStatus)(number, quoted(users).c_str(), cb, user_data);
    };
}

inline auto add_call(const friend_request& whom) {
    const std::string param = json_object()
                                  .text(kTIMFriendshipAddFriendParamIdentifier, whom.user_id)
                                  .number(kTIMFriendshipAddFriendParamFriendType, whom.type)
                                  .given(kTIMFriendshipAddFriendParamRemark, whom.remark)
                                  .given(kTIMFriendshipAddFriendParamGroupName, whom.group)
                                  .given(kTIMFriendshipAddFriendParamAddSource, whom.source)
                                  .given(kTIMFriendshipAddFriendParamAddWording, whom.wording)
                                  .end();
    return json_call(US_DETAIL_BOTH(FriendshipAddFriend), param);
}

inline auto delete_call(const user_ids& users, friend_type type) {
    const std::string param = json_object()
                                  .number(kTIMFriendshipDeleteFriendParamFriendType, type)
                                  .raw(kTIMFriendshipDeleteFriendParamIdentifierArray, quoted(users))
                                  .end();
    return json_call(US_DETAIL_BOTH(FriendshipDeleteFriend), param);
}

}  // namespace detail

inline const char* error::name() const noexcept {
    for (const detail::code_name& known : detail::code_names) {
        if (known.code == code) return known.name;
    }
    return "UNKNOWN";
}

/** The version of the library, as in "0.1.0". Lives as long as the process. */
inline const char* version() noexcept { return USGetVersion(); }

// ------------------------------------------------------------ the client

/**
 * A client, from open() or open_separate() to close() or its end. What was moved from, and what was closed, answers every call with
 * US_CODE_NOT_INITIALIZED.
 *
 * Thread: calls may be made from any thread, at the same time. Moving, closing and ending it, and listen(), are for one thread at a time,
 * while no other uses the object.
 */
class client {
public:
    /**
     * Initialises the library, and gives its default client. It connects at the first login.
     *
     * - `heard`: who is told what, from the first event on; listen() replaces it.
     *
     * Errors: US_CODE_INVALID_OPERATION this client is open in this process; TIM_ERR_PARAM the app id is 0, the platform is none, a level or
     * text is out of range, or somebody initialised the library otherwise; TIM_ERR_JSON a text is not UTF-8; US_ERR_INTERNAL.
     */
    static result<client> open(const options& wanted, listeners heard = {}) {
        // Released again if anything fails from here on.
        slot_guard slot;
        if (!slot.is_mine) return error{US_CODE_INVALID_OPERATION, "this client is open already; open_separate() opens others"};

        const std::string settings = settings_of(wanted), config = config_of(wanted);
        auto owner = std::make_shared<detail::core>(wanted.callbacks, wanted.dispatcher, wanted.on_fault);
        auto shared = std::make_shared<const listeners>(std::move(heard));
        owner->listen(shared);
        int returned = settings.empty() ? 0 : TIMSetConfig(settings.c_str(), nullptr, nullptr);
        if (returned != TIM_SUCC) return detail::refusal(returned);
        detail::trampolines::set(*shared, 0, owner.get());
        returned = TIMInit(wanted.app_id, config.c_str());
        if (returned != TIM_SUCC) {
            detail::trampolines::set({}, 0, nullptr);
            return detail::refusal(returned);
        }
        slot.is_mine = false;
        return client(std::move(owner));
    }

    /**
     * USClientOpen: gives a client beside the default one and beside others, with a login, threads, and listeners of its own. At most 256 are
     * open at a time.
     *
     * - `wanted`: without what is about the log, which is the process's: log_folder, both log levels and log_to_stderr stay empty.
     * - `heard`: as for open(), without a listener of the log.
     *
     * Errors: US_ERR_TOO_MANY_CLIENTS; TIM_ERR_PARAM the app id is 0, the platform is none, a text is out of range, or something is about
     * the log; TIM_ERR_JSON a text is not UTF-8; US_ERR_INTERNAL.
     */
    static result<client> open_separate(const options& wanted, listeners heard = {}) {
        if (heard.log) return detail::refusal(TIM_ERR_PARAM);
        const std::string settings = settings_of(wanted), config = config_of(wanted);
        const auto owner = std::make_shared<detail::core>(wanted.callbacks, wanted.dispatcher, wanted.on_fault);
        USClient number = 0;
        int returned = USClientOpen(wanted.app_id, config.c_str(), &number);
        if (returned != TIM_SUCC) return detail::refusal(returned);
        owner->stand_on(number);
        // From here on it is closed whatever happens.
        client opened(owner);
        returned = settings.empty() ? 0 : USClientSetConfig(number, settings.c_str(), nullptr, nullptr);
        if (returned != TIM_SUCC) return detail::refusal(returned);
        // Before the first login nothing can have happened.
        const result<void> listening = opened.listen(std::move(heard));
        if (!listening) return listening.error();
        return opened;
    }

    client(client&& other) noexcept = default;
    client& operator=(client&& other) noexcept {
        if (this != &other) {
            close();
            owner_ = std::move(other.owner_);
        }
        return *this;
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;
    ~client() { close(); }

    /** Whether calls go anywhere. */
    bool is_open() const noexcept { return owner_ != nullptr; }

    /**
     * Ends everything: the connection is closed without a logout, calls under way end with US_CODE_ENDED_BY_SHUTDOWN. When it returns, no
     * callback is running or will run, but for the one it was called in; what the dispatcher still holds are completions that will run,
     * and listeners that will not. Another client may be opened then. Does nothing if the client is not open.
     *
     * Thread: also inside a callback. It waits for a callback running on another thread: do not call it while that waits for you. In
     * callback_mode::pump completions still owed run here.
     */
    void close() noexcept {
        // Off first: a completion run by the end may look at this object.
        const std::shared_ptr<detail::core> owner = std::move(owner_);
        if (!owner) return;
        if (owner->number() != 0) {
            USClientClose(owner->number());
            owner->close();
            return;
        }
        TIMUninit();
        owner->close();
        detail::is_taken = false;
    }

    /**
     * Replaces all listeners. When it returns, none of those before is running, or will; called inside a callback, that one alone runs to
     * its end. With a dispatcher one may still be running on the dispatcher's thread.
     *
     * Errors: US_CODE_NOT_INITIALIZED; TIM_ERR_PARAM a listener of the log for a client of open_separate().
     */
    result<void> listen(listeners heard) {
        if (!owner_) return detail::not_open();
        if (owner_->number() != 0 && heard.log) return detail::refusal(TIM_ERR_PARAM);
        const auto shared = std::make_shared<const listeners>(std::move(heard));
        owner_->listen(shared);
        detail::trampolines::set(*shared, owner_->number(), owner_.get());
        return {};
    }

    // -------- login

    /**
     * TIMLogin: logs a user in. The connection is then kept until logout, close or a kick. Of the user who is logged in it renews the UserSig:
     * the server checks it, and if it is refused the old one stays.
     */
    result<void> login(const std::string& user_id, const std::string& user_sig, completion<void> done) const {
        return detail::begin<void>(owner_, std::move(done), detail::login_call(user_id, user_sig));
    }
    std::future<result<void>> login(const std::string& user_id, const std::string& user_sig) const {
        return detail::promised<void>(owner_, detail::login_call(user_id, user_sig));
    }

    /** TIMLogout: the status becomes unlogined once no other device is logged in. */
    result<void> logout(completion<void> done) const { return detail::begin<void>(owner_, std::move(done), US_DETAIL_BOTH(Logout)); }
    std::future<result<void>> logout() const { return detail::promised<void>(owner_, US_DETAIL_BOTH(Logout)); }

    /** TIMGetLoginUserID: who is logged in; empty if nobody is. */
    std::string login_user_id() const {
        char buffer[128] = "";
        if (owner_) US_DETAIL_BOTH(GetLoginUserID)(owner_->number(), static_cast<char*>(buffer));
        return buffer;
    }

    /** TIMGetLoginStatus. */
    userstatus::login_status login_status() const noexcept {
        if (!owner_) return userstatus::login_status::unlogined;
        return static_cast<userstatus::login_status>(US_DETAIL_BOTH(GetLoginStatus)(owner_->number()));
    }

    /** TIMGetServerTime: the server's clock, in seconds since 1970, UTC; this machine's until the first connection. */
    std::uint64_t server_time_s() const noexcept { return owner_ ? US_DETAIL_BOTH(GetServerTime)(owner_->number()) : 0; }

    // -------- status

    /** TIMSetSelfStatus: sets the custom status, at most 100 bytes of UTF-8 unless the app says otherwise; "" clears it. */
    result<void> set_self_status(const std::string& custom_status, completion<void> done) const {
        return detail::begin<void>(owner_, std::move(done), detail::set_call(custom_status));
    }
    std::future<result<void>> set_self_status(const std::string& custom_status) const {
        return detail::promised<void>(owner_, detail::set_call(custom_status));
    }

    /** TIMGetUserStatus: of at most 500 users, in the order asked, each once. */
    result<void> get_user_status(const user_ids& users, completion<user_statuses> done) const {
        return detail::begin<user_statuses>(owner_, std::move(done), detail::json_call(US_DETAIL_BOTH(GetUserStatus), detail::quoted(users)));
    }
    std::future<result<user_statuses>> get_user_status(const user_ids& users) const {
        return detail::promised<user_statuses>(owner_, detail::json_call(US_DETAIL_BOTH(GetUserStatus), detail::quoted(users)));
    }

    /**
     * TIMSubscribeUserStatus: watches 1 to 100 users, and gives their present statuses; an id that no user can have is unknown there. A user
     * watches at most 200; the earliest goes.
     */
    result<void> subscribe(const user_ids& users, completion<user_statuses> done) const {
        return detail::begin<user_statuses>(owner_, std::move(done), detail::json_call(US_DETAIL_BOTH(SubscribeUserStatus), detail::quoted(users)));
    }
    std::future<result<user_statuses>> subscribe(const user_ids& users) const {
        return detail::promised<user_statuses>(owner_, detail::json_call(US_DETAIL_BOTH(SubscribeUserStatus), detail::quoted(users)));
    }

    /** TIMUnsubscribeUserStatus: watches 1 to 100 users no more. An empty list is refused: see unsubscribe_all. */
    result<void> unsubscribe(const user_ids& users, completion<void> done) const {
        return detail::begin<void>(owner_, std::move(done), detail::unsubscribe_call(users));
    }
    std::future<result<void>> unsubscribe(const user_ids& users) const {
        return detail::promised<void>(owner_, detail::unsubscribe_call(users));
    }

    /** TIMUnsubscribeUserStatus: watches nobody any more. */
    result<void> unsubscribe_all(completion<void> done) const {
        return detail::begin<void>(owner_, std::move(done), detail::json_call(US_DETAIL_BOTH(UnsubscribeUserStatus), "[]"));
    }
    std::future<result<void>> unsubscribe_all() const {
        return detail::promised<void>(owner_, detail::json_call(US_DETAIL_BOTH(UnsubscribeUserStatus), "[]"));
    }

    // -------- friends

    /** TIMFriendshipGetFriendProfileList: by user id, at most 10,000. */
    result<void> friends(completion<std::vector<friend_profile>> done) const {
        return detail::begin<std::vector<friend_profile>>(owner_, std::move(done), US_DETAIL_BOTH(FriendshipGetFriendProfileList));
    }
    std::future<result<std::vector<friend_profile>>> friends() const {
        return detail::promised<std::vector<friend_profile>>(owner_, US_DETAIL_BOTH(FriendshipGetFriendProfileList));
    }

    /** TIMFriendshipAddFriend: the result has a code of its own, which says what became of it. */
    result<void> add_friend(const friend_request& whom, completion<friend_result> done) const {
        return detail::begin<friend_result>(owner_, std::move(done), detail::add_call(whom));
    }
    std::future<result<friend_result>> add_friend(const friend_request& whom) const {
        return detail::promised<friend_result>(owner_, detail::add_call(whom));
    }

    /** TIMFriendshipDeleteFriend: each result has a code of its own, in the order given. */
    result<void> delete_friends(const user_ids& users, friend_type type, completion<std::vector<friend_result>> done) const {
        return detail::begin<std::vector<friend_result>>(owner_, std::move(done), detail::delete_call(users, type));
    }
    std::future<result<std::vector<friend_result>>> delete_friends(const user_ids& users, friend_type type = friend_type::single) const {
        return detail::promised<std::vector<friend_result>>(owner_, detail::delete_call(users, type));
    }

    /** TIMFriendshipAddToBlackList: neither is told of the other any more. Each result has a code of its own, in the order given. */
    result<void> block(const user_ids& users, completion<std::vector<friend_result>> done) const {
        const auto call = detail::json_call(US_DETAIL_BOTH(FriendshipAddToBlackList), detail::quoted(users));
        return detail::begin<std::vector<friend_result>>(owner_, std::move(done), call);
    }
    std::future<result<std::vector<friend_result>>> block(const user_ids& users) const {
        return detail::promised<std::vector<friend_result>>(owner_, detail::json_call(US_DETAIL_BOTH(FriendshipAddToBlackList), detail::quoted(users)));
    }

    /** TIMFriendshipDeleteFromBlackList: each result has a code of its own, in the order given. */
    result<void> unblock(const user_ids& users, completion<std::vector<friend_result>> done) const {
        const auto call = detail::json_call(US_DETAIL_BOTH(FriendshipDeleteFromBlackList), detail::quoted(users));
        return detail::begin<std::vector<friend_result>>(owner_, std::move(done), call);
    }
    std::future<result<std::vector<friend_result>>> unblock(const user_ids& users) const {
        return detail::promised<std::vector<friend_result>>(owner_, detail::json_call(US_DETAIL_BOTH(FriendshipDeleteFromBlackList), detail::quoted(users)));
    }

    /** TIMFriendshipGetBlackList: those who are blocked, by user id. Of each nothing but the id is known. */
    result<void> blocked(completion<std::vector<friend_profile>> done) const {
        return detail::begin<std::vector<friend_profile>>(owner_, std::move(done), US_DETAIL_BOTH(FriendshipGetBlackList));
    }
    std::future<result<std::vector<friend_profile>>> blocked() const {
        return detail::promised<std::vector<friend_profile>>(owner_, US_DETAIL_BOTH(FriendshipGetBlackList));
    }

    // -------- the application

    /** TIMMsgDoBackground: the application went to the background; the status does not change. */
    result<void> enter_background(completion<void> done = {}) const {
        const auto call = [](USClient number, TIMCommCallback cb, const void* user_data) {
            return US_DETAIL_BOTH(MsgDoBackground)(number, 0u, cb, user_data);
        };
        return detail::begin<void>(owner_, std::move(done), call);
    }

    /** TIMMsgDoForeground: it is back; finds out at once whether the connection still stands. */
    result<void> enter_foreground(completion<void> done = {}) const {
        return detail::begin<void>(owner_, std::move(done), US_DETAIL_BOTH(MsgDoForeground));
    }

    /** USNetworkChanged: the platform's network changed; the library does at once what it would find out in its own time. */
    void network_changed(network_change change) const {
        if (owner_) US_DETAIL_BOTH_US(NetworkChanged)(owner_->number(), static_cast<int>(change));
    }

    // -------- waiting

    /**
     * USPump: runs callbacks that wait, here; only in callback_mode::pump.
     *
     * - `callbacks_max`: how many to run at most; 0: all that wait now.
     * - `patience`: how long to wait for the first.
     *
     * Gives how many ran. Errors: US_CODE_NOT_INITIALIZED, US_ERR_NOT_PUMP_MODE, US_ERR_INTERNAL.
     *
     * Thread: any, also inside a callback.
     */
    result<std::uint32_t> pump(std::uint32_t callbacks_max = 0, std::chrono::milliseconds patience = {}) const {
        if (!owner_) return detail::not_open();
        constexpr std::int64_t patience_ms_max = (std::numeric_limits<std::uint32_t>::max)();
        const std::int64_t patience_ms = patience.count() < 0 ? 0 : patience.count() > patience_ms_max ? patience_ms_max : patience.count();
        const std::int32_t ran = US_DETAIL_BOTH_US(Pump)(owner_->number(), callbacks_max, static_cast<std::uint32_t>(patience_ms));
        if (ran < 0) return detail::refusal(ran);
        return static_cast<std::uint32_t>(ran);
    }

    /**
     * Waits for the answer of a call of this client, and pumps meanwhile if that is the mode. It always ends: the library ends each call,
     * at the latest after its time-out.
     *
     * Errors: those of the call; US_CODE_INVALID_OPERATION in callback_mode::thread inside a callback, which the answer would wait for (the
     * call goes on, and its answer is dropped).
     */
    template <class T>
    result<T> wait(std::future<result<T>> answer) const {
        // A callback run by the pump may close this client; the answer comes all the same.
        const bool pumps = owner_ && owner_->mode() == callback_mode::pump;
        const USClient number = owner_ ? owner_->number() : 0;
        const auto is_there = [&answer] { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; };
        if (!pumps && detail::callbacks_here > 0 && !is_there()) {
            return error{US_CODE_INVALID_OPERATION, "a callback cannot wait for another one"};
        }
        while (pumps && !is_there()) {
            // Not longer at a time: another thread may be the one that pumps the answer out.
            const std::int32_t ran = US_DETAIL_BOTH_US(Pump)(number, 0u, +pump_slice_ms);
            // It is closed, or being closed by a thread that runs what is owed.
            if (number != 0 && ran == TIM_ERR_PARAM) break;
            if (ran < 0) return detail::refusal(ran);
        }
        return answer.get();
    }

private:
    static constexpr std::uint32_t pump_slice_ms = 10;

    /** The right to be the default client of this process. */
    struct slot_guard {
        bool is_mine = !detail::is_taken.exchange(true);
        slot_guard() = default;
        slot_guard(const slot_guard&) = delete;
        slot_guard& operator=(const slot_guard&) = delete;
        ~slot_guard() {
            if (is_mine) detail::is_taken = false;
        }
    };

    explicit client(std::shared_ptr<detail::core> owner) noexcept : owner_(std::move(owner)) {}

    static std::string config_of(const options& wanted) {
        detail::json_object config;
        if (wanted.heartbeat_interval) {
            config.raw(kUSSdkConfigHeartbeatIntervalMs, std::to_string(wanted.heartbeat_interval->count()));
        }
        if (!wanted.tls_pins.empty()) config.raw(kUSSdkConfigTlsPins, detail::quoted(wanted.tls_pins));
        return config.given(kUSSdkConfigServerAddress, wanted.server_address)
            .given(kUSSdkConfigCaFile, wanted.ca_file)
            .given(kUSSdkConfigCaPem, wanted.ca_pem)
            .given(kUSSdkConfigPlatform, wanted.platform)
            .given(kTIMSdkConfigLogFilePath, wanted.log_folder)
            .text(kUSSdkConfigCallbackMode, wanted.callbacks == callback_mode::pump ? "pump" : "thread")
            .end();
    }

    /** Empty if there are none. */
    static std::string settings_of(const options& wanted) {
        detail::json_object settings;
        if (wanted.written_log_level) settings.number(kTIMSetConfigLogLevel, *wanted.written_log_level);
        if (wanted.listened_log_level) settings.number(kTIMSetConfigCallbackLogLevel, *wanted.listened_log_level);
        if (wanted.log_to_stderr) settings.raw(kTIMSetConfigIsLogOutputConsole, *wanted.log_to_stderr ? "true" : "false");
        if (wanted.user_define_data) settings.text(kTIMSetConfigUserDefineData, *wanted.user_define_data);
        return settings.empty() ? std::string() : settings.end();
    }

    /** Null: not open. */
    std::shared_ptr<detail::core> owner_;
};

}  // namespace userstatus

#undef US_DETAIL_BOTH
#undef US_DETAIL_BOTH_US
#undef US_DETAIL_TRY
#undef US_DETAIL_CATCH
#undef US_DETAIL_CURRENT_EXCEPTION

#endif /* USERSTATUS_HPP */
