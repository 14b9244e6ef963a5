// The command line against a daemon that gives one answer.
#pragma once

#include "cli/commands.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace isthmus::cli {

/// Listens on a unix socket, answers one request and keeps its first line.
class OneAnswer {
  public:
    explicit OneAnswer(const std::string& path) : listener_(socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        listen(listener_, 1);
    }

    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;
    OneAnswer(OneAnswer&&) = delete;
    OneAnswer& operator=(OneAnswer&&) = delete;

    ~OneAnswer() { close(listener_); }

    void serve(int status, const std::string& body) {
        const int stream = accept(listener_, nullptr, nullptr);
        std::string seen;
        char octets[4096];
        while (seen.find("\r\n\r\n") == std::string::npos) {
            const auto count = read(stream, octets, sizeof octets);
            if (count <= 0) {
                break;
            }
            seen.append(octets, static_cast<std::size_t>(count));
        }
        line = seen.substr(0, seen.find(" HTTP/"));
        const std::string text =
            fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
        EXPECT_EQ(write(stream, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        close(stream);
    }

    std::string line;

  private:
    int listener_;
};

class Commands : public testing::Test {
  protected:
    Commands() {
        folder = std::filesystem::temp_directory_path() / "isthmus-cli-XXXXXX";
        mkdtemp(folder.data());
    }

    ~Commands() override { std::filesystem::remove_all(folder); }

    int call(std::vector<std::string> words) {
        std::vector<const char*> arguments{"isthmus"};
        for (const std::string& word : words) {
            arguments.push_back(word.c_str());
        }
        const Offline offline{.serve = {}, .check_config = {}, .translate = {}, .version = "1"};
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const int code = run(static_cast<int>(arguments.size()), arguments.data(), offline);
        out = testing::internal::GetCapturedStdout();
        talk = testing::internal::GetCapturedStderr();
        return code;
    }

    int ask(std::vector<std::string> words, int status, const std::string& body) {
        const std::string path = folder + "/s";
        std::filesystem::remove(path);
        OneAnswer daemon(path);
        std::thread thread([&] { daemon.serve(status, body); });
        words.insert(words.end(), {"--server", "unix:" + path});
        const int code = call(words);
        thread.join();
        line = daemon.line;
        return code;
    }

    std::string folder;
    std::string out;
    std::string talk;
    std::string line;
};

}  // namespace isthmus::cli
