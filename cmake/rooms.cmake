# isthmus_room(NAME libraries...): the static library of one room of src/.

add_library(isthmus_flags INTERFACE)
target_compile_options(isthmus_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    # Designated initialisers leave out what has a default: that is what they are for.
    -Wno-missing-field-initializers
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-missing-designated-field-initializers>
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

function(isthmus_room name)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/app/main\\.cpp$")
    if(sources)
        add_library(isthmus_${name} STATIC ${sources})
        set(kind PUBLIC)
        target_link_libraries(isthmus_${name} PRIVATE isthmus_flags)
        if(ISTHMUS_SANITIZE AND NOT ISTHMUS_FUZZ AND name IN_LIST ISTHMUS_MANAGEMENT_ROOMS)
            target_compile_options(isthmus_${name} PRIVATE -O0)
        endif()
        if(EXISTS ${CMAKE_SOURCE_DIR}/src/${name}/pch.h)
            target_precompile_headers(isthmus_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src/${name}/pch.h)
        endif()
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
