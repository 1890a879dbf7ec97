/*
 * What is used of libmongoc, which is loaded with the first connection and
 * not with the program: Debian's starts OpenSSL and SASL from a constructor,
 * half of the time in which the console could be on the screen, whatever it
 * is going to show.
 *
 * A new call is one line in each of the two lists.
 */
#ifndef STCONSOLE_MONGO_DRIVER_CALLS_H
#define STCONSOLE_MONGO_DRIVER_CALLS_H

#include <mongoc/mongoc.h>

#include "stconsole/err.h"

#define MONGO_CALLS(X)							\
	X(mongoc_apm_callbacks_destroy)					\
	X(mongoc_apm_callbacks_new)					\
	X(mongoc_apm_server_heartbeat_failed_get_context)		\
	X(mongoc_apm_server_heartbeat_failed_get_error)			\
	X(mongoc_apm_server_heartbeat_failed_get_host)			\
	X(mongoc_apm_server_heartbeat_succeeded_get_context)		\
	X(mongoc_apm_server_heartbeat_succeeded_get_host)		\
	X(mongoc_apm_server_heartbeat_succeeded_get_reply)		\
	X(mongoc_apm_set_server_heartbeat_failed_cb)			\
	X(mongoc_apm_set_server_heartbeat_succeeded_cb)			\
	X(mongoc_client_command_simple)					\
	X(mongoc_client_command_with_opts)				\
	X(mongoc_client_destroy)					\
	X(mongoc_client_get_collection)					\
	X(mongoc_client_new_from_uri_with_error)			\
	X(mongoc_client_select_server)					\
	X(mongoc_client_session_append)					\
	X(mongoc_client_session_destroy)				\
	X(mongoc_client_set_apm_callbacks)				\
	X(mongoc_client_set_error_api)					\
	X(mongoc_client_start_session)					\
	X(mongoc_collection_delete_one)					\
	X(mongoc_collection_destroy)					\
	X(mongoc_collection_find_with_opts)				\
	X(mongoc_collection_insert_many)				\
	X(mongoc_collection_insert_one)					\
	X(mongoc_collection_replace_one)				\
	X(mongoc_collection_update_one)					\
	X(mongoc_cursor_destroy)					\
	X(mongoc_cursor_error)						\
	X(mongoc_cursor_next)						\
	X(mongoc_get_version)						\
	X(mongoc_init)							\
	X(mongoc_log_set_handler)					\
	X(mongoc_read_prefs_destroy)					\
	X(mongoc_read_prefs_new)					\
	X(mongoc_server_description_destroy)				\
	X(mongoc_server_description_id)					\
	X(mongoc_session_opts_destroy)					\
	X(mongoc_session_opts_new)					\
	X(mongoc_session_opts_set_causal_consistency)			\
	X(mongoc_uri_destroy)						\
	X(mongoc_uri_get_appname)					\
	X(mongoc_uri_get_auth_mechanism)				\
	X(mongoc_uri_get_auth_source)					\
	X(mongoc_uri_get_hosts)						\
	X(mongoc_uri_get_option_as_bool)				\
	X(mongoc_uri_get_option_as_utf8)				\
	X(mongoc_uri_get_replica_set)					\
	X(mongoc_uri_get_tls)						\
	X(mongoc_uri_get_username)					\
	X(mongoc_uri_has_option)					\
	X(mongoc_uri_new_with_error)					\
	X(mongoc_uri_set_appname)					\
	X(mongoc_uri_set_option_as_int32)

struct mongo_calls {
#define MONGO_CALL(name)	__typeof__(&name) name;
	MONGO_CALLS(MONGO_CALL)
#undef MONGO_CALL
};

/* Filled by mongo_driver_load; without it none of the names below works. */
extern const struct mongo_calls *mongo_calls;

/* Once, from any thread.  ERR_MONGO when the library is not there. */
bool	 mongo_driver_load(struct err *e);

#ifndef MONGO_CALLS_ONLY
#define mongoc_apm_callbacks_destroy \
	(mongo_calls->mongoc_apm_callbacks_destroy)
#define mongoc_apm_callbacks_new	(mongo_calls->mongoc_apm_callbacks_new)
#define mongoc_apm_server_heartbeat_failed_get_context \
	(mongo_calls->mongoc_apm_server_heartbeat_failed_get_context)
#define mongoc_apm_server_heartbeat_failed_get_error \
	(mongo_calls->mongoc_apm_server_heartbeat_failed_get_error)
#define mongoc_apm_server_heartbeat_failed_get_host \
	(mongo_calls->mongoc_apm_server_heartbeat_failed_get_host)
#define mongoc_apm_server_heartbeat_succeeded_get_context \
	(mongo_calls->mongoc_apm_server_heartbeat_succeeded_get_context)
#define mongoc_apm_server_heartbeat_succeeded_get_host \
	(mongo_calls->mongoc_apm_server_heartbeat_succeeded_get_host)
#define mongoc_apm_server_heartbeat_succeeded_get_reply \
	(mongo_calls->mongoc_apm_server_heartbeat_succeeded_get_reply)
#define mongoc_apm_set_server_heartbeat_failed_cb \
	(mongo_calls->mongoc_apm_set_server_heartbeat_failed_cb)
#define mongoc_apm_set_server_heartbeat_succeeded_cb \
	(mongo_calls->mongoc_apm_set_server_heartbeat_succeeded_cb)
#define mongoc_client_command_simple \
	(mongo_calls->mongoc_client_command_simple)
#define mongoc_client_command_with_opts \
	(mongo_calls->mongoc_client_command_with_opts)
#define mongoc_client_destroy	(mongo_calls->mongoc_client_destroy)
#define mongoc_client_get_collection \
	(mongo_calls->mongoc_client_get_collection)
#define mongoc_client_new_from_uri_with_error \
	(mongo_calls->mongoc_client_new_from_uri_with_error)
#define mongoc_client_select_server \
	(mongo_calls->mongoc_client_select_server)
#define mongoc_client_session_append \
	(mongo_calls->mongoc_client_session_append)
#define mongoc_client_session_destroy \
	(mongo_calls->mongoc_client_session_destroy)
#define mongoc_client_set_apm_callbacks \
	(mongo_calls->mongoc_client_set_apm_callbacks)
#define mongoc_client_set_error_api \
	(mongo_calls->mongoc_client_set_error_api)
#define mongoc_client_start_session \
	(mongo_calls->mongoc_client_start_session)
#define mongoc_collection_delete_one \
	(mongo_calls->mongoc_collection_delete_one)
#define mongoc_collection_destroy \
	(mongo_calls->mongoc_collection_destroy)
#define mongoc_collection_find_with_opts \
	(mongo_calls->mongoc_collection_find_with_opts)
#define mongoc_collection_insert_many \
	(mongo_calls->mongoc_collection_insert_many)
#define mongoc_collection_insert_one \
	(mongo_calls->mongoc_collection_insert_one)
#define mongoc_collection_replace_one \
	(mongo_calls->mongoc_collection_replace_one)
#define mongoc_collection_update_one \
	(mongo_calls->mongoc_collection_update_one)
#define mongoc_cursor_destroy	(mongo_calls->mongoc_cursor_destroy)
#define mongoc_cursor_error	(mongo_calls->mongoc_cursor_error)
#define mongoc_cursor_next	(mongo_calls->mongoc_cursor_next)
#define mongoc_get_version	(mongo_calls->mongoc_get_version)
#define mongoc_init	(mongo_calls->mongoc_init)
#define mongoc_log_set_handler	(mongo_calls->mongoc_log_set_handler)
#define mongoc_read_prefs_destroy \
	(mongo_calls->mongoc_read_prefs_destroy)
#define mongoc_read_prefs_new	(mongo_calls->mongoc_read_prefs_new)
#define mongoc_server_description_destroy \
	(mongo_calls->mongoc_server_description_destroy)
#define mongoc_server_description_id \
	(mongo_calls->mongoc_server_description_id)
#define mongoc_session_opts_destroy \
	(mongo_calls->mongoc_session_opts_destroy)
#define mongoc_session_opts_new \
	(mongo_calls->mongoc_session_opts_new)
#define mongoc_session_opts_set_causal_consistency \
	(mongo_calls->mongoc_session_opts_set_causal_consistency)
#define mongoc_uri_destroy	(mongo_calls->mongoc_uri_destroy)
#define mongoc_uri_get_appname	(mongo_calls->mongoc_uri_get_appname)
#define mongoc_uri_get_auth_mechanism \
	(mongo_calls->mongoc_uri_get_auth_mechanism)
#define mongoc_uri_get_auth_source \
	(mongo_calls->mongoc_uri_get_auth_source)
#define mongoc_uri_get_hosts	(mongo_calls->mongoc_uri_get_hosts)
#define mongoc_uri_get_option_as_bool \
	(mongo_calls->mongoc_uri_get_option_as_bool)
#define mongoc_uri_get_option_as_utf8 \
	(mongo_calls->mongoc_uri_get_option_as_utf8)
#define mongoc_uri_get_replica_set \
	(mongo_calls->mongoc_uri_get_replica_set)
#define mongoc_uri_get_tls	(mongo_calls->mongoc_uri_get_tls)
#define mongoc_uri_get_username	(mongo_calls->mongoc_uri_get_username)
#define mongoc_uri_has_option	(mongo_calls->mongoc_uri_has_option)
#define mongoc_uri_new_with_error \
	(mongo_calls->mongoc_uri_new_with_error)
#define mongoc_uri_set_appname	(mongo_calls->mongoc_uri_set_appname)
#define mongoc_uri_set_option_as_int32 \
	(mongo_calls->mongoc_uri_set_option_as_int32)
#endif

#endif
