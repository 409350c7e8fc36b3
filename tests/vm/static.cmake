# SPDX-License-Identifier: Apache-2.0
# Read by CMake after project(): links every program without shared libraries, for a release whose C library is older
# than that of the release that builds.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
string(APPEND CMAKE_EXE_LINKER_FLAGS " -static-pie")
