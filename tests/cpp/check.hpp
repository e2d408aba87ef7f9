// What the scenarios check with, and wait with.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <userstatus.hpp>
#include <utility>
#include <vector>

#define CHECK(condition) ((condition) ? static_cast<void>(0) : failed(__FILE__, __LINE__, #condition))

[[noreturn]] inline void failed(const char* file, int line, const std::string& what) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
    std::fflush(nullptr);
    // Not exit: other threads are running.
    std::_Exit(1);
}

/** Far longer than anything takes: only a fault lets it pass. */
inline constexpr std::chrono::seconds patience{20};

/** What callbacks leave, and who waits for it takes a look at. */
template <class T>
class inbox {
public:
    void put(T item) {
        // Told while locked: who waits may end this object as soon as it has seen the item.
        const std::lock_guard<std::mutex> guard(lock_);
        items_.push_back(std::move(item));
        more_.notify_all();
    }

    std::vector<T> all() {
        const std::lock_guard<std::mutex> guard(lock_);
        return items_;
    }

    /** Waits for an item that matches, the next one or one that is there. */
    T wait(const char* what, const std::function<bool(const T&)>& matches) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::unique_lock<std::mutex> guard(lock_);
        for (;;) {
            for (const T& item : items_) {
                if (matches(item)) return item;
            }
            if (more_.wait_until(guard, deadline) == std::cv_status::timeout) failed(__FILE__, __LINE__, std::string("never seen: ") + what);
        }
    }

    /** Waits until there are so many. */
    void wait_for(std::size_t count) {
        std::unique_lock<std::mutex> guard(lock_);
        if (!more_.wait_for(guard, patience, [&] { return items_.size() >= count; })) failed(__FILE__, __LINE__, "too few");
    }

private:
    std::mutex lock_;
    std::condition_variable more_;
    std::vector<T> items_;
};

/** The value of a result that is to be one. */
template <class T>
T need(const char* what, userstatus::result<T> got) {
    if (!got) failed(__FILE__, __LINE__, std::string(what) + ": " + got.error().name() + ": " + got.error().desc);
    return std::move(*got);
}

inline void need(const char* what, const userstatus::result<void>& got) {
    if (!got) failed(__FILE__, __LINE__, std::string(what) + ": " + got.error().name() + ": " + got.error().desc);
}

template <class T>
std::int32_t code_of(const userstatus::result<T>& got) {
    return got ? US_CODE_OK : got.error().code;
}

/** What a scenario is given. */
struct stage {
    std::string server;
    /** Accepts connections and says nothing. */
    std::string silent_server;
    std::uint64_t app_id;
    std::string sig_of_alice, sig_of_bob;

    userstatus::options options() const {
        userstatus::options made;
        made.app_id = app_id;
        made.server_address = server;
        made.platform = "Linux";
        return made;
    }
};

// The scenarios, each in the file it is named after.
void json(const stage&);
void alice(const stage&);
void bob(const stage&);
void refusals(const stage&);
void pending(const stage&);
void exceptions(const stage&);
void inside(const stage&);
void pump(const stage&);
void dispatcher(const stage&);
void separate(const stage&);
