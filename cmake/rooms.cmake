# isthmus_room(NAME libraries...): the static library of one room of src/.

# Reading these takes longer than compiling what is ours. Off where one compiler's cache serves
# several copies of the tree: a precompiled header is of one copy only. And some build must be
# without, or includes that are missing are never noticed.
option(ISTHMUS_PRECOMPILE "Compile the headers that nearly all files read once" ON)

# Several files of a room in one go: a whole build takes half the time. Off where one file is
# changed at a time, and where each must show that it includes what it needs.
option(ISTHMUS_UNITY "Compile the files of a room together" ON)

function(isthmus_together name)
    if(ISTHMUS_UNITY)
        set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    endif()
endfunction()

add_library(isthmus_flags INTERFACE)
target_compile_options(isthmus_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    # Designated initialisers leave out what has a default: that is what they are for.
    -Wno-missing-field-initializers
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-missing-designated-field-initializers>
    # A class with a member of an unnamed namespace is of one file all the same when g++ reads it from
    # the text that brings several files together.
    $<$<AND:$<BOOL:${ISTHMUS_UNITY}>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-Wno-subobject-linkage>
    -fno-omit-frame-pointer)
if(ISTHMUS_SANITIZE)
    target_compile_options(isthmus_flags INTERFACE -fsanitize=${ISTHMUS_SANITIZE}
        $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize-recover=undefined>)
    target_link_options(isthmus_flags INTERFACE -fsanitize=${ISTHMUS_SANITIZE})
endif()
target_compile_definitions(isthmus_flags INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
    BOOST_ASIO_DISABLE_BOOST_REGEX BOOST_ERROR_CODE_HEADER_ONLY)

# Rooms that no message passes through. Full of templates of libraries: to optimise those together
# with what the sanitizers add takes longer than all tests do.
set(ISTHMUS_MANAGEMENT_ROOMS store control admin cli app)
set(ISTHMUS_JSON_ROOMS control admin cli app)

function(isthmus_tune name room)
    if(ISTHMUS_SANITIZE AND NOT ISTHMUS_FUZZ AND room IN_LIST ISTHMUS_MANAGEMENT_ROOMS)
        target_compile_options(${name} PRIVATE -O0)
    endif()
endfunction()

# isthmus_headers(KIND room libraries...): cmake/KIND_headers.h for all rooms compiled as `room` is.
function(isthmus_headers kind room)
    set(source ${CMAKE_BINARY_DIR}/${kind}_headers.cpp)
    if(NOT EXISTS ${source})
        file(WRITE ${source} "")
    endif()
    add_library(isthmus_${kind}_headers OBJECT ${source})
    target_link_libraries(isthmus_${kind}_headers PRIVATE isthmus_flags ${ARGN})
    isthmus_tune(isthmus_${kind}_headers ${room})
    target_precompile_headers(isthmus_${kind}_headers PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${kind}_headers.h)
endfunction()

function(isthmus_precompile name room)
    if(EXISTS ${CMAKE_SOURCE_DIR}/src/${room}/pch.h)
        target_precompile_headers(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src/${room}/pch.h)
    elseif(ISTHMUS_PRECOMPILE AND room IN_LIST ISTHMUS_JSON_ROOMS)
        target_precompile_headers(${name} REUSE_FROM isthmus_json_headers)
    elseif(ISTHMUS_PRECOMPILE AND NOT room STREQUAL "store")
        target_precompile_headers(${name} REUSE_FROM isthmus_core_headers)
    endif()
endfunction()

function(isthmus_room name)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/app/main\\.cpp$")
    if(sources)
        add_library(isthmus_${name} STATIC ${sources})
        set(kind PUBLIC)
        target_link_libraries(isthmus_${name} PRIVATE isthmus_flags)
        isthmus_tune(isthmus_${name} ${name})
        isthmus_precompile(isthmus_${name} ${name})
        isthmus_together(isthmus_${name})
    else()
        add_library(isthmus_${name} INTERFACE)
        set(kind INTERFACE)
    endif()
    target_include_directories(isthmus_${name} ${kind} ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(isthmus_${name} ${kind} ${ARGN})
endfunction()

# isthmus_embed(room FILE header.h NAME): a file of the tree as the function NAME of that header.
function(isthmus_embed room file header name)
    get_filename_component(base ${header} NAME_WE)
    set(made ${CMAKE_BINARY_DIR}/${base}_data.cpp)
    add_custom_command(OUTPUT ${made}
        COMMAND ${CMAKE_COMMAND} -D FROM=${CMAKE_SOURCE_DIR}/${file} -D TO=${made}
            -D HEADER=${header} -D NAME=${name} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${file} cmake/embed.cmake
        VERBATIM)
    target_sources(isthmus_${room} PRIVATE ${made})
endfunction()
