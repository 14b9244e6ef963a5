#include "power_cut_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace isthmus::store {

namespace {

/// At one go: the real files take the length modulo 128 KiB.
constexpr sqlite3_int64 kMostOctets = 65536;

struct Disk {
    sqlite3_vfs vfs{};
    sqlite3_vfs* real = nullptr;
    sqlite3_io_methods methods{};
    std::uint64_t left = 0;
    std::mt19937 random;
};

Disk& disk() {
    static Disk made;
    return made;
}

/// What a file held before a write that is not synced yet.
struct Undo {
    sqlite3_file* file;
    sqlite3_int64 offset;
    std::string before;
    sqlite3_int64 size;  ///< of the file
    bool is_truncation = false;
};

std::vector<Undo>& unsynced() {
    static std::vector<Undo> made;
    return made;
}

/// SQLite asks for our size and the real one's; the real file lies behind ours.
struct File {
    sqlite3_file base;

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* real_of(sqlite3_file* file) {
    return reinterpret_cast<File*>(file)->real();
}

void remember(sqlite3_file* real,
              sqlite3_int64 offset,
              std::size_t length,
              bool is_truncation = false) {
    Undo undo{real, offset, {}, 0, is_truncation};
    real->pMethods->xFileSize(real, &undo.size);
    const auto there =
        std::clamp<sqlite3_int64>(undo.size - offset, 0, static_cast<sqlite3_int64>(length));
    undo.before.resize(static_cast<std::size_t>(there));
    for (sqlite3_int64 at = 0; at < there; at += kMostOctets) {
        real->pMethods->xRead(real,
                              undo.before.data() + at,
                              static_cast<int>(std::min(kMostOctets, there - at)),
                              offset + at);
    }
    unsynced().push_back(std::move(undo));
}

void take_back(const Undo& undo, std::size_t skip) {
    sqlite3_file* file = undo.file;
    const auto size = static_cast<sqlite3_int64>(undo.before.size());
    for (auto at = static_cast<sqlite3_int64>(skip); at < size; at += kMostOctets) {
        file->pMethods->xWrite(file,
                               undo.before.data() + at,
                               static_cast<int>(std::min(kMostOctets, size - at)),
                               undo.offset + at);
    }
}

/// A file that was shortened is so as a whole or not at all: what was written to it afterwards went
/// to other blocks, and is gone with it. True if it counts as not done.
bool undo_truncation(std::vector<Undo>& of_file) {
    const auto last = std::find_if(
        of_file.rbegin(), of_file.rend(), [](const Undo& undo) { return undo.is_truncation; });
    if (last == of_file.rend()) {
        return false;
    }
    if (std::uniform_int_distribution(0, 1)(disk().random) == 0) {
        of_file.erase(of_file.begin(), last.base());
        return false;
    }
    for (auto undo = of_file.rbegin(); undo != of_file.rend(); ++undo) {
        take_back(*undo, 0);
        undo->file->pMethods->xTruncate(undo->file, undo->size);
    }
    return true;
}

/// Everything, nothing, or part of what the drive had not written is gone.
[[noreturn]] void cut() {
    while (!unsynced().empty()) {
        sqlite3_file* file = unsynced().front().file;
        std::vector<Undo> of_file;
        for (Undo& undo : unsynced()) {
            if (undo.file == file) {
                of_file.push_back(std::move(undo));
            }
        }
        std::erase_if(unsynced(), [&](const Undo& undo) { return undo.file == file; });
        if (undo_truncation(of_file)) {
            continue;
        }
        const int mode = std::uniform_int_distribution(0, 3)(disk().random);
        for (auto undo = of_file.rbegin(); undo != of_file.rend(); ++undo) {
            const int choice = std::uniform_int_distribution(0, 2)(disk().random);
            if (mode == 0 || (mode > 1 && choice == 0)) {
                continue;  // this one had reached the disk
            }
            // Half of its sectors had.
            take_back(*undo, mode == 3 && choice == 1 ? undo->before.size() / 1024 * 512 : 0);
            if (mode == 1) {
                undo->file->pMethods->xTruncate(undo->file, undo->size);
            }
        }
    }
    _exit(kPowerCut);
}

void count() {
    if (disk().left-- == 0) {
        cut();
    }
}

int close_file(sqlite3_file* file) {
    sqlite3_file* real = real_of(file);
    std::erase_if(unsynced(), [&](const Undo& undo) { return undo.file == real; });
    return real->pMethods != nullptr ? real->pMethods->xClose(real) : SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    return real_of(file)->pMethods->xRead(real_of(file), to, size, offset);
}

int write_file(sqlite3_file* file, const void* octets, int size, sqlite3_int64 offset) {
    count();
    remember(real_of(file), offset, static_cast<std::size_t>(size));
    return real_of(file)->pMethods->xWrite(real_of(file), octets, size, offset);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    count();
    sqlite3_int64 before = 0;
    real_of(file)->pMethods->xFileSize(real_of(file), &before);
    remember(real_of(file),
             size,
             static_cast<std::size_t>(std::max<sqlite3_int64>(0, before - size)),
             true);
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

int sync_file(sqlite3_file* file, int /*flags*/) {
    count();
    std::erase_if(unsynced(), [&](const Undo& undo) { return undo.file == real_of(file); });
    return SQLITE_OK;  // the power of this machine stays on
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* ours = reinterpret_cast<File*>(file);
    std::memset(ours->real(), 0, sizeof(sqlite3_file));
    const int result = disk().real->xOpen(disk().real, name, ours->real(), flags, out_flags);
    ours->base.pMethods = ours->real()->pMethods != nullptr ? &disk().methods : nullptr;
    return result;
}

}  // namespace

void install_power_cut_vfs(std::uint64_t at, unsigned seed) {
    Disk& made = disk();
    made.left = at;
    made.random.seed(seed);
    made.real = sqlite3_vfs_find(nullptr);
    made.vfs = *made.real;
    made.vfs.zName = "power-cut";
    made.vfs.szOsFile = static_cast<int>(sizeof(File)) + made.real->szOsFile;
    made.vfs.xOpen = open_file;
    sqlite3_io_methods& methods = made.methods;
    methods.iVersion = 2;  // with shared memory, without mapped files
    methods.xClose = close_file;
    methods.xRead = read_file;
    methods.xWrite = write_file;
    methods.xTruncate = truncate_file;
    methods.xSync = sync_file;
    methods.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
        return real_of(file)->pMethods->xFileSize(real_of(file), size);
    };
    methods.xLock = [](sqlite3_file* file, int level) {
        return real_of(file)->pMethods->xLock(real_of(file), level);
    };
    methods.xUnlock = [](sqlite3_file* file, int level) {
        return real_of(file)->pMethods->xUnlock(real_of(file), level);
    };
    methods.xCheckReservedLock = [](sqlite3_file* file, int* result) {
        return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
    };
    methods.xFileControl = [](sqlite3_file* file, int operation, void* argument) {
        return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
    };
    methods.xSectorSize = [](sqlite3_file* file) {
        return real_of(file)->pMethods->xSectorSize(real_of(file));
    };
    methods.xDeviceCharacteristics = [](sqlite3_file*) { return 0; };
    methods.xShmMap = [](sqlite3_file* file, int region, int size, int extend, void volatile** to) {
        return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, to);
    };
    methods.xShmLock = [](sqlite3_file* file, int offset, int count, int flags) {
        return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
    };
    methods.xShmBarrier = [](sqlite3_file* file) {
        real_of(file)->pMethods->xShmBarrier(real_of(file));
    };
    methods.xShmUnmap = [](sqlite3_file* file, int is_last) {
        return real_of(file)->pMethods->xShmUnmap(real_of(file), is_last);
    };
    sqlite3_vfs_register(&made.vfs, 1);
}

}  // namespace isthmus::store
