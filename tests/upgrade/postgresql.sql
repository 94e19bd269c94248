SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);
CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);
CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);
CREATE FUNCTION public.books_forget_words() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN NEW.words := NULL; RETURN NEW; END $$;
CREATE FUNCTION public.books_revise() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_notify('books_revision', TG_ARGV[0]); RETURN NULL; END $$;
CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;
    RETURN job_ids;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;
    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;
    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;
    RETURN _job_id;
END;
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    queueing_lock text,
    priority integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);
CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;
 RETURN found_jobs;
END;
$$;
CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;
CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;
CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_user (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL
);
CREATE TABLE public.auth_user_groups (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    group_id integer NOT NULL
);
ALTER TABLE public.auth_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE public.auth_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_user_user_permissions (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.auth_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_author (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    name_key character varying(200) NOT NULL COLLATE pg_catalog."C"
);
ALTER TABLE public.books_author ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_author_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_book (
    id bigint NOT NULL,
    title character varying(1000) NOT NULL,
    subtitle character varying(500) NOT NULL,
    isbn13 character varying(13),
    publisher character varying(500) NOT NULL,
    published_year smallint,
    language character varying(20) NOT NULL,
    pages integer,
    description text NOT NULL,
    series character varying(500) NOT NULL,
    series_number numeric(8,2),
    source_key character varying(200),
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    version integer NOT NULL,
    title_key character varying(200) NOT NULL COLLATE pg_catalog."C",
    author_names text NOT NULL,
    topic_names text NOT NULL,
    year_or_last integer GENERATED ALWAYS AS (COALESCE((published_year)::integer, 32767)) STORED,
    year_or_first integer GENERATED ALWAYS AS (COALESCE((published_year)::integer, '-32768'::integer)) STORED,
    words tsvector,
    tongue character varying(20),
    fingerprint character varying(17) COLLATE pg_catalog."C",
    CONSTRAINT books_book_pages_check CHECK ((pages >= 0)),
    CONSTRAINT books_book_version_check CHECK ((version >= 0)),
    CONSTRAINT isbn13_shape CHECK (((isbn13 IS NULL) OR ((length((isbn13)::text) = 13) AND (ltrim((isbn13)::text, '0123456789'::text) = ''::text) AND (((isbn13)::text ~~ '978%'::text) OR (((isbn13)::text >= '9791'::text) AND ((isbn13)::text < '98'::text)))))),
    CONSTRAINT pages_possible CHECK (((pages IS NULL) OR ((pages >= 1) AND (pages <= 100000)))),
    CONSTRAINT title_not_empty CHECK ((NOT ((title)::text = ''::text))),
    CONSTRAINT year_possible CHECK (((published_year IS NULL) OR ((published_year >= '-4000'::integer) AND (published_year <= 2100))))
);
ALTER TABLE public.books_book ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_book_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_bookauthor (
    id bigint NOT NULL,
    "position" smallint NOT NULL,
    author_id bigint NOT NULL,
    book_id bigint NOT NULL,
    CONSTRAINT books_bookauthor_position_check CHECK (("position" >= 0))
);
ALTER TABLE public.books_bookauthor ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_bookauthor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_booktopic (
    id bigint NOT NULL,
    book_id bigint NOT NULL,
    topic_id bigint NOT NULL
);
ALTER TABLE public.books_booktopic ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_booktopic_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_change (
    id bigint NOT NULL,
    book_id bigint NOT NULL,
    version integer NOT NULL,
    action character varying(10) NOT NULL,
    via character varying(10) NOT NULL,
    at timestamp with time zone NOT NULL,
    fields jsonb NOT NULL,
    undoes_id bigint,
    user_id integer,
    job_id bigint,
    part_of_id bigint,
    CONSTRAINT books_change_version_check CHECK ((version >= 0))
);
ALTER TABLE public.books_change ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_dismissal (
    id bigint NOT NULL,
    fingerprint character varying(17) NOT NULL COLLATE pg_catalog."C",
    books integer NOT NULL,
    newest bigint NOT NULL,
    CONSTRAINT books_dismissal_books_check CHECK ((books >= 0))
);
ALTER TABLE public.books_dismissal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_dismissal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_filechunk (
    id bigint NOT NULL,
    "offset" bigint NOT NULL,
    data bytea NOT NULL,
    file_id bigint NOT NULL,
    CONSTRAINT books_filechunk_offset_check CHECK (("offset" >= 0))
);
ALTER TABLE public.books_filechunk ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_filechunk_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_finding (
    id bigint NOT NULL,
    isbn13 character varying(13) NOT NULL,
    answer jsonb NOT NULL,
    is_known boolean NOT NULL,
    at timestamp with time zone DEFAULT statement_timestamp() NOT NULL
);
ALTER TABLE public.books_finding ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_finding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_firstanswer (
    id bigint NOT NULL,
    key character varying(200) NOT NULL,
    request_digest character varying(64) NOT NULL,
    answer text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.books_firstanswer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_firstanswer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_job (
    id bigint NOT NULL,
    key character varying(64) NOT NULL,
    kind character varying(50) NOT NULL,
    task character varying(200) NOT NULL,
    arguments jsonb NOT NULL,
    digest character varying(64) NOT NULL,
    queue character varying(50) NOT NULL,
    priority smallint NOT NULL,
    via character varying(10) NOT NULL,
    status character varying(10) NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp(),
    owner character varying(120) NOT NULL,
    attempt integer NOT NULL,
    strikes integer NOT NULL,
    cancel_requested boolean NOT NULL,
    done bigint NOT NULL,
    total bigint,
    message character varying(200) NOT NULL,
    log jsonb NOT NULL,
    checkpoint jsonb NOT NULL,
    result jsonb,
    error text NOT NULL,
    traceback text NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    created_by_id integer,
    CONSTRAINT books_job_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT books_job_done_check CHECK ((done >= 0)),
    CONSTRAINT books_job_strikes_check CHECK ((strikes >= 0)),
    CONSTRAINT books_job_total_check CHECK ((total >= 0))
);
ALTER TABLE public.books_job ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_jobfile (
    id bigint NOT NULL,
    name character varying(255) NOT NULL,
    size bigint NOT NULL,
    digest character varying(64) NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    job_id bigint,
    CONSTRAINT books_jobfile_size_check CHECK ((size >= 0))
);
ALTER TABLE public.books_jobfile ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_jobfile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_ownerinvitation (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.books_ownerinvitation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_ownerinvitation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_source (
    id bigint NOT NULL,
    name character varying(50) NOT NULL,
    free_at timestamp with time zone,
    failures integer NOT NULL,
    rests_until timestamp with time zone,
    CONSTRAINT books_source_failures_check CHECK ((failures >= 0))
);
ALTER TABLE public.books_source ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_source_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_token (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    digest character varying(64) NOT NULL,
    scopes character varying(100) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    user_id integer NOT NULL
);
ALTER TABLE public.books_token ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_topic (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    slug character varying(100) NOT NULL
);
ALTER TABLE public.books_topic ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_topic_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_tries (
    id bigint NOT NULL,
    key character varying(64) NOT NULL,
    count integer NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT books_tries_count_check CHECK ((count >= 0))
);
ALTER TABLE public.books_tries ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_tries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.books_worker (
    id bigint NOT NULL,
    name character varying(120) NOT NULL,
    seen_at timestamp with time zone NOT NULL
);
ALTER TABLE public.books_worker ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.books_worker_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id integer NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);
ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);
CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;
CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;
CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;
CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);
INSERT INTO public.auth_group VALUES (1, 'Librarians');
INSERT INTO public.auth_group_permissions VALUES (1, 1, 1);
INSERT INTO public.auth_group_permissions VALUES (2, 1, 2);
INSERT INTO public.auth_group_permissions VALUES (3, 1, 3);
INSERT INTO public.auth_group_permissions VALUES (4, 1, 4);
INSERT INTO public.auth_group_permissions VALUES (5, 1, 48);
INSERT INTO public.auth_group_permissions VALUES (6, 1, 45);
INSERT INTO public.auth_group_permissions VALUES (7, 1, 46);
INSERT INTO public.auth_permission VALUES (1, 'Can add book', 2, 'add_book');
INSERT INTO public.auth_permission VALUES (2, 'Can change book', 2, 'change_book');
INSERT INTO public.auth_permission VALUES (3, 'Can delete book', 2, 'delete_book');
INSERT INTO public.auth_permission VALUES (4, 'Can view book', 2, 'view_book');
INSERT INTO public.auth_permission VALUES (5, 'Can add first answer', 6, 'add_firstanswer');
INSERT INTO public.auth_permission VALUES (6, 'Can change first answer', 6, 'change_firstanswer');
INSERT INTO public.auth_permission VALUES (7, 'Can delete first answer', 6, 'delete_firstanswer');
INSERT INTO public.auth_permission VALUES (8, 'Can view first answer', 6, 'view_firstanswer');
INSERT INTO public.auth_permission VALUES (9, 'Can add topic', 9, 'add_topic');
INSERT INTO public.auth_permission VALUES (10, 'Can change topic', 9, 'change_topic');
INSERT INTO public.auth_permission VALUES (11, 'Can delete topic', 9, 'delete_topic');
INSERT INTO public.auth_permission VALUES (12, 'Can view topic', 9, 'view_topic');
INSERT INTO public.auth_permission VALUES (13, 'Can add author', 1, 'add_author');
INSERT INTO public.auth_permission VALUES (14, 'Can change author', 1, 'change_author');
INSERT INTO public.auth_permission VALUES (15, 'Can delete author', 1, 'delete_author');
INSERT INTO public.auth_permission VALUES (16, 'Can view author', 1, 'view_author');
INSERT INTO public.auth_permission VALUES (17, 'Can add book author', 3, 'add_bookauthor');
INSERT INTO public.auth_permission VALUES (18, 'Can change book author', 3, 'change_bookauthor');
INSERT INTO public.auth_permission VALUES (19, 'Can delete book author', 3, 'delete_bookauthor');
INSERT INTO public.auth_permission VALUES (20, 'Can view book author', 3, 'view_bookauthor');
INSERT INTO public.auth_permission VALUES (21, 'Can add book topic', 4, 'add_booktopic');
INSERT INTO public.auth_permission VALUES (22, 'Can change book topic', 4, 'change_booktopic');
INSERT INTO public.auth_permission VALUES (23, 'Can delete book topic', 4, 'delete_booktopic');
INSERT INTO public.auth_permission VALUES (24, 'Can view book topic', 4, 'view_booktopic');
INSERT INTO public.auth_permission VALUES (25, 'Can add owner invitation', 7, 'add_ownerinvitation');
INSERT INTO public.auth_permission VALUES (26, 'Can change owner invitation', 7, 'change_ownerinvitation');
INSERT INTO public.auth_permission VALUES (27, 'Can delete owner invitation', 7, 'delete_ownerinvitation');
INSERT INTO public.auth_permission VALUES (28, 'Can view owner invitation', 7, 'view_ownerinvitation');
INSERT INTO public.auth_permission VALUES (29, 'Can add tries', 10, 'add_tries');
INSERT INTO public.auth_permission VALUES (30, 'Can change tries', 10, 'change_tries');
INSERT INTO public.auth_permission VALUES (31, 'Can delete tries', 10, 'delete_tries');
INSERT INTO public.auth_permission VALUES (32, 'Can view tries', 10, 'view_tries');
INSERT INTO public.auth_permission VALUES (33, 'Can add token', 8, 'add_token');
INSERT INTO public.auth_permission VALUES (34, 'Can change token', 8, 'change_token');
INSERT INTO public.auth_permission VALUES (35, 'Can delete token', 8, 'delete_token');
INSERT INTO public.auth_permission VALUES (36, 'Can view token', 8, 'view_token');
INSERT INTO public.auth_permission VALUES (37, 'Can add change', 5, 'add_change');
INSERT INTO public.auth_permission VALUES (38, 'Can change change', 5, 'change_change');
INSERT INTO public.auth_permission VALUES (39, 'Can delete change', 5, 'delete_change');
INSERT INTO public.auth_permission VALUES (40, 'Can view change', 5, 'view_change');
INSERT INTO public.auth_permission VALUES (41, 'Can add file chunk', 11, 'add_filechunk');
INSERT INTO public.auth_permission VALUES (42, 'Can change file chunk', 11, 'change_filechunk');
INSERT INTO public.auth_permission VALUES (43, 'Can delete file chunk', 11, 'delete_filechunk');
INSERT INTO public.auth_permission VALUES (44, 'Can view file chunk', 11, 'view_filechunk');
INSERT INTO public.auth_permission VALUES (45, 'Can add job', 12, 'add_job');
INSERT INTO public.auth_permission VALUES (46, 'Can change job', 12, 'change_job');
INSERT INTO public.auth_permission VALUES (47, 'Can delete job', 12, 'delete_job');
INSERT INTO public.auth_permission VALUES (48, 'Can view job', 12, 'view_job');
INSERT INTO public.auth_permission VALUES (49, 'Can add job file', 13, 'add_jobfile');
INSERT INTO public.auth_permission VALUES (50, 'Can change job file', 13, 'change_jobfile');
INSERT INTO public.auth_permission VALUES (51, 'Can delete job file', 13, 'delete_jobfile');
INSERT INTO public.auth_permission VALUES (52, 'Can view job file', 13, 'view_jobfile');
INSERT INTO public.auth_permission VALUES (53, 'Can add worker', 14, 'add_worker');
INSERT INTO public.auth_permission VALUES (54, 'Can change worker', 14, 'change_worker');
INSERT INTO public.auth_permission VALUES (55, 'Can delete worker', 14, 'delete_worker');
INSERT INTO public.auth_permission VALUES (56, 'Can view worker', 14, 'view_worker');
INSERT INTO public.auth_permission VALUES (57, 'Can add procrastinate event', 15, 'add_procrastinateevent');
INSERT INTO public.auth_permission VALUES (58, 'Can change procrastinate event', 15, 'change_procrastinateevent');
INSERT INTO public.auth_permission VALUES (59, 'Can delete procrastinate event', 15, 'delete_procrastinateevent');
INSERT INTO public.auth_permission VALUES (60, 'Can view procrastinate event', 15, 'view_procrastinateevent');
INSERT INTO public.auth_permission VALUES (61, 'Can add procrastinate job', 16, 'add_procrastinatejob');
INSERT INTO public.auth_permission VALUES (62, 'Can change procrastinate job', 16, 'change_procrastinatejob');
INSERT INTO public.auth_permission VALUES (63, 'Can delete procrastinate job', 16, 'delete_procrastinatejob');
INSERT INTO public.auth_permission VALUES (64, 'Can view procrastinate job', 16, 'view_procrastinatejob');
INSERT INTO public.auth_permission VALUES (65, 'Can add procrastinate periodic defer', 17, 'add_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (66, 'Can change procrastinate periodic defer', 17, 'change_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (67, 'Can delete procrastinate periodic defer', 17, 'delete_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (68, 'Can view procrastinate periodic defer', 17, 'view_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (69, 'Can add procrastinate worker', 18, 'add_procrastinateworker');
INSERT INTO public.auth_permission VALUES (70, 'Can change procrastinate worker', 18, 'change_procrastinateworker');
INSERT INTO public.auth_permission VALUES (71, 'Can delete procrastinate worker', 18, 'delete_procrastinateworker');
INSERT INTO public.auth_permission VALUES (72, 'Can view procrastinate worker', 18, 'view_procrastinateworker');
INSERT INTO public.auth_permission VALUES (73, 'Can add log entry', 19, 'add_logentry');
INSERT INTO public.auth_permission VALUES (74, 'Can change log entry', 19, 'change_logentry');
INSERT INTO public.auth_permission VALUES (75, 'Can delete log entry', 19, 'delete_logentry');
INSERT INTO public.auth_permission VALUES (76, 'Can view log entry', 19, 'view_logentry');
INSERT INTO public.auth_permission VALUES (77, 'Can add permission', 21, 'add_permission');
INSERT INTO public.auth_permission VALUES (78, 'Can change permission', 21, 'change_permission');
INSERT INTO public.auth_permission VALUES (79, 'Can delete permission', 21, 'delete_permission');
INSERT INTO public.auth_permission VALUES (80, 'Can view permission', 21, 'view_permission');
INSERT INTO public.auth_permission VALUES (81, 'Can add group', 20, 'add_group');
INSERT INTO public.auth_permission VALUES (82, 'Can change group', 20, 'change_group');
INSERT INTO public.auth_permission VALUES (83, 'Can delete group', 20, 'delete_group');
INSERT INTO public.auth_permission VALUES (84, 'Can view group', 20, 'view_group');
INSERT INTO public.auth_permission VALUES (85, 'Can add user', 22, 'add_user');
INSERT INTO public.auth_permission VALUES (86, 'Can change user', 22, 'change_user');
INSERT INTO public.auth_permission VALUES (87, 'Can delete user', 22, 'delete_user');
INSERT INTO public.auth_permission VALUES (88, 'Can view user', 22, 'view_user');
INSERT INTO public.auth_permission VALUES (89, 'Can add content type', 23, 'add_contenttype');
INSERT INTO public.auth_permission VALUES (90, 'Can change content type', 23, 'change_contenttype');
INSERT INTO public.auth_permission VALUES (91, 'Can delete content type', 23, 'delete_contenttype');
INSERT INTO public.auth_permission VALUES (92, 'Can view content type', 23, 'view_contenttype');
INSERT INTO public.auth_permission VALUES (93, 'Can add session', 24, 'add_session');
INSERT INTO public.auth_permission VALUES (94, 'Can change session', 24, 'change_session');
INSERT INTO public.auth_permission VALUES (95, 'Can delete session', 24, 'delete_session');
INSERT INTO public.auth_permission VALUES (96, 'Can view session', 24, 'view_session');
INSERT INTO public.auth_permission VALUES (97, 'Can add finding', 26, 'add_finding');
INSERT INTO public.auth_permission VALUES (98, 'Can change finding', 26, 'change_finding');
INSERT INTO public.auth_permission VALUES (99, 'Can delete finding', 26, 'delete_finding');
INSERT INTO public.auth_permission VALUES (100, 'Can view finding', 26, 'view_finding');
INSERT INTO public.auth_permission VALUES (101, 'Can add source', 27, 'add_source');
INSERT INTO public.auth_permission VALUES (102, 'Can change source', 27, 'change_source');
INSERT INTO public.auth_permission VALUES (103, 'Can delete source', 27, 'delete_source');
INSERT INTO public.auth_permission VALUES (104, 'Can view source', 27, 'view_source');
INSERT INTO public.auth_permission VALUES (105, 'Can add words', 28, 'add_words');
INSERT INTO public.auth_permission VALUES (106, 'Can change words', 28, 'change_words');
INSERT INTO public.auth_permission VALUES (107, 'Can delete words', 28, 'delete_words');
INSERT INTO public.auth_permission VALUES (108, 'Can view words', 28, 'view_words');
INSERT INTO public.auth_permission VALUES (109, 'Can add dismissal', 25, 'add_dismissal');
INSERT INTO public.auth_permission VALUES (110, 'Can change dismissal', 25, 'change_dismissal');
INSERT INTO public.auth_permission VALUES (111, 'Can delete dismissal', 25, 'delete_dismissal');
INSERT INTO public.auth_permission VALUES (112, 'Can view dismissal', 25, 'view_dismissal');
INSERT INTO public.auth_user VALUES (1, 'scrypt$16384$P1Ax6YhAWNWBNxnFQMzBcZ$8$5$+ucAlX1En09c53eTn+fhTfprBQ9YIwq4WmtT8XqgMEXNTbZsP8VqbqYoijjeF6OWq4W0kcaRBOI3rkBfnZE6SQ==', NULL, true, 'owner', '', '', '', true, true, '2026-11-29 03:04:58.649341+00');
INSERT INTO public.auth_user VALUES (3, 'scrypt$16384$BBsj9mZh598jwToeJmp48U$8$5$MjCsZznSsPyTiUB9qWsrmI861c+8gs82BBcBT+MMb8iv5ZbBi2qaEXuiTZ/Ek0ZyrTy2SJ0wbXHIntz7InOcxg==', NULL, false, 'reader', '', '', '', false, true, '2026-11-29 03:05:01.616925+00');
INSERT INTO public.auth_user VALUES (2, 'scrypt$16384$lgb6nYwbLoM9uuX7zywj72$8$5$1vXGWYhhoaiQFyyLDUauHO1izOZX5gty+TVo3jsVngLUrjOFsfmaMNzIDNeGFbVotAdnhpSzRM3xq6XrDIFKqQ==', '2026-11-29 03:05:02.990423+00', false, 'librarian', '', '', '', false, true, '2026-11-29 03:05:00.29887+00');
INSERT INTO public.auth_user_groups VALUES (1, 2, 1);
INSERT INTO public.books_author VALUES (1, 'Natsume Sōseki', 'natsume soseki');
INSERT INTO public.books_author VALUES (2, '夏目 漱石', '夏目 漱石');
INSERT INTO public.books_author VALUES (3, 'ابن بطوطة', 'ابن بطوطة');
INSERT INTO public.books_author VALUES (4, 'Лев Толстой', 'лев толстои');
INSERT INTO public.books_author VALUES (5, 'Lucretius', 'lucretius');
INSERT INTO public.books_author VALUES (7, 'Guy de Maupassant', 'guy de maupassant');
INSERT INTO public.books_author VALUES (8, 'Émile Zola', 'emile zola');
INSERT INTO public.books_author VALUES (9, 'A', 'a');
INSERT INTO public.books_author VALUES (10, 'Jane Austen', 'jane austen');
INSERT INTO public.books_author VALUES (11, '太宰 治', '太宰 治');
INSERT INTO public.books_book VALUES (2, '吾輩は猫である', '', NULL, '', 1905, 'ja', NULL, '', '', NULL, NULL, '2026-11-29 03:05:06.088547+00', '2026-11-29 03:05:06.088581+00', 1, '吾輩は猫である', '夏目 漱石', 'Novels', DEFAULT, DEFAULT, '''@190-'':29 ''@1905'':28 ''@ja'':27 ''A:^吾輩'':1 ''A:ある'':7 ''A:であ'':6 ''A:は猫'':4 ''A:る'':8 ''A:吾輩'':2 ''A:猫で'':5 ''A:輩は'':3 ''B:夏目'':10,15 ''B:漱石'':12,17 ''B:目'':11 ''B:目漱'':16 ''B:石'':13,18 ''C:@novels'':25 ''C:n-'':22 ''C:no-'':23 ''C:nov-'':24 ''C:novels'':20 ''D:@ja'':27 ''^吾輩'':1 ''ある'':7 ''であ'':6 ''は猫'':4 ''る'':8 ''吾輩'':2 ''夏目'':10,15 ''漱石'':12,17 ''猫で'':5 ''目'':11 ''目漱'':16 ''石'':13,18 ''輩は'':3', 'ja', '吾輩は猫である-c43df5e7');
INSERT INTO public.books_book VALUES (3, 'تحفة النظار', '', NULL, '', 1355, 'ar', NULL, '', '', NULL, NULL, '2026-11-29 03:05:06.400925+00', '2026-11-29 03:05:06.400946+00', 1, 'تحفة النظار', 'ابن بطوطة', 'Travel', DEFAULT, DEFAULT, '''@135-'':34 ''@1355'':33 ''@ar'':32 ''A:^ت-'':11 ''A:^تح-'':12 ''A:^تحف-'':13 ''A:^تحفة'':1 ''A:ا-'':8 ''A:ال-'':9 ''A:الن-'':10 ''A:النظار'':3 ''A:ت-'':5 ''A:تح-'':6 ''A:تحف-'':7 ''A:تحفة'':2 ''B:ا-'':18 ''B:اب-'':19 ''B:ابن'':15 ''B:ابن-'':20 ''B:ب-'':21 ''B:بط-'':22 ''B:بطو-'':23 ''B:بطوطة'':16 ''C:@travel'':30 ''C:t-'':27 ''C:tr-'':28 ''C:tra-'':29 ''C:travel'':25 ''D:@ar'':32 ''^تحفة'':1 ''ابن'':15 ''النظار'':3 ''بطوطة'':16 ''تحفة'':2', 'ar', 'تحفةالنظ-7360a2ee');
INSERT INTO public.books_book VALUES (4, 'Война и мир', 'Том 1', NULL, '', NULL, 'ru', NULL, '', 'Война и мир', 1.00, NULL, '2026-11-29 03:05:06.660645+00', '2026-11-29 03:05:06.660673+00', 1, 'воина и мир', 'Лев Толстой', 'Novels', DEFAULT, DEFAULT, '''1'':7 ''@ru'':45 ''A:1'':7 ''A:1-'':23 ''A:^в-'':24 ''A:^во-'':25 ''A:^вои-'':26 ''A:^воина'':1 ''A:в-'':13 ''A:во-'':14 ''A:вои-'':15 ''A:воина'':2,9 ''A:и'':3,10 ''A:и-'':16 ''A:м-'':17 ''A:ми-'':18 ''A:мир'':4,11 ''A:мир-'':19 ''A:т-'':20 ''A:то-'':21 ''A:том'':6 ''A:том-'':22 ''B:л-'':31 ''B:ле-'':32 ''B:лев'':28 ''B:лев-'':33 ''B:т-'':34 ''B:то-'':35 ''B:тол-'':36 ''B:толстои'':29 ''C:@novels'':43 ''C:n-'':40 ''C:no-'':41 ''C:nov-'':42 ''C:novels'':38 ''D:@ru'':45 ''^воина'':1 ''воина'':2,9 ''и'':3,10 ''лев'':28 ''мир'':4,11 ''толстои'':29 ''том'':6', 'ru', 'воинаими-4c340d00');
INSERT INTO public.books_book VALUES (5, 'De rerum natura', '', NULL, '', -55, 'la', NULL, '', '', NULL, NULL, '2026-11-29 03:05:06.923206+00', '2026-11-29 03:05:06.923225+00', 1, 'de rerum natura', 'Lucretius', 'Poetry', DEFAULT, DEFAULT, '''@-55'':31 ''@-6-'':32 ''@la'':30 ''A:^d-'':14 ''A:^de'':1 ''A:^de-'':15 ''A:d-'':6 ''A:de'':2 ''A:de-'':7 ''A:n-'':11 ''A:na-'':12 ''A:nat-'':13 ''A:natura'':4 ''A:r-'':8 ''A:re-'':9 ''A:rer-'':10 ''A:rerum'':3 ''B:l-'':19 ''B:lu-'':20 ''B:luc-'':21 ''B:lucretius'':17 ''C:@poetry'':28 ''C:p-'':25 ''C:po-'':26 ''C:poe-'':27 ''C:poetry'':23 ''D:@la'':30 ''^de'':1 ''de'':2 ''lucretius'':17 ''natura'':4 ''rerum'':3', 'la', 'dererumn-29d3c326');
INSERT INTO public.books_book VALUES (6, 'Kokoro: a novel', '', NULL, '', NULL, '', NULL, '', '', NULL, NULL, '2026-11-29 03:05:07.142288+00', '2026-11-29 03:05:07.142338+00', 1, 'kokoro: a novel', 'Natsume Sōseki', '', DEFAULT, DEFAULT, '''A:^k-'':13 ''A:^ko-'':14 ''A:^kok-'':15 ''A:^kokoro'':1 ''A:a'':3 ''A:a-'':9 ''A:k-'':6 ''A:ko-'':7 ''A:kok-'':8 ''A:kokoro'':2 ''A:n-'':10 ''A:no-'':11 ''A:nov-'':12 ''A:novel'':4 ''B:n-'':20 ''B:na-'':21 ''B:nat-'':22 ''B:natsume'':17 ''B:s-'':23 ''B:so-'':24 ''B:sos-'':25 ''B:soseki'':18 ''^kokoro'':1 ''a'':3 ''kokoro'':2 ''natsume'':17 ''novel'':4 ''soseki'':18', '', 'kokoro-6a958a98');
INSERT INTO public.books_book VALUES (8, 'To be merged', '', NULL, '', NULL, '', NULL, '', '', NULL, NULL, '2026-11-29 03:05:07.553829+00', '2026-11-29 03:05:07.553855+00', 1, 'to be merged', 'Émile Zola
Guy de Maupassant', '', DEFAULT, DEFAULT, '''A:^t-'':13 ''A:^to'':1 ''A:^to-'':14 ''A:b-'':8 ''A:be'':3 ''A:be-'':9 ''A:m-'':10 ''A:me-'':11 ''A:mer-'':12 ''A:merged'':4 ''A:t-'':6 ''A:to'':2 ''A:to-'':7 ''B:d-'':32 ''B:de'':20 ''B:de-'':33 ''B:e-'':23 ''B:em-'':24 ''B:emi-'':25 ''B:emile'':16 ''B:g-'':29 ''B:gu-'':30 ''B:guy'':19 ''B:guy-'':31 ''B:m-'':34 ''B:ma-'':35 ''B:mau-'':36 ''B:maupassant'':21 ''B:z-'':26 ''B:zo-'':27 ''B:zol-'':28 ''B:zola'':17 ''^to'':1 ''be'':3 ''de'':20 ''emile'':16 ''guy'':19 ''maupassant'':21 ''merged'':4 ''to'':2 ''zola'':17', '', 'tobemerg-4d3b211a');
INSERT INTO public.books_book VALUES (10, 'Twins', '', NULL, '', NULL, '', NULL, '', '', NULL, NULL, '2026-11-29 03:05:07.980683+00', '2026-11-29 03:05:07.980702+00', 1, 'twins', 'A', '', DEFAULT, DEFAULT, '''A:^t-'':7 ''A:^tw-'':8 ''A:^twi-'':9 ''A:^twins'':1 ''A:t-'':4 ''A:tw-'':5 ''A:twi-'':6 ''A:twins'':2 ''B:a'':11 ''B:a-'':13 ''^twins'':1 ''a'':11 ''twins'':2', '', 'twins-618c015a');
INSERT INTO public.books_book VALUES (11, 'Twins', '', NULL, '', NULL, '', NULL, '', '', NULL, NULL, '2026-11-29 03:05:08.171541+00', '2026-11-29 03:05:08.171568+00', 1, 'twins', 'A', '', DEFAULT, DEFAULT, '''A:^t-'':7 ''A:^tw-'':8 ''A:^twi-'':9 ''A:^twins'':1 ''A:t-'':4 ''A:tw-'':5 ''A:twi-'':6 ''A:twins'':2 ''B:a'':11 ''B:a-'':13 ''^twins'':1 ''a'':11 ''twins'':2', '', 'twins-618c015a');
INSERT INTO public.books_book VALUES (1, 'Kokoro!', '', '9780895267153', 'Regnery', 1914, 'en', 248, 'A teacher & his secret.', '', NULL, NULL, '2026-11-29 03:05:05.69122+00', '2026-11-29 03:05:08.390738+00', 2, 'kokoro!', 'Natsume Sōseki', 'Japan
Novels', DEFAULT, DEFAULT, '''#0895'':41 ''#2671'':45 ''#5267'':44 ''#6715'':46 ''#7153'':47 ''#7808'':39 ''#8089'':40 ''#8952'':42 ''#9526'':43 ''#9780'':38 ''@191-'':50 ''@1914'':49 ''@en'':48 ''A:^k-'':7 ''A:^ko-'':8 ''A:^kok-'':9 ''A:^kokoro'':1 ''A:k-'':4 ''A:ko-'':5 ''A:kok-'':6 ''A:kokoro'':2 ''B:n-'':14 ''B:na-'':15 ''B:nat-'':16 ''B:natsume'':11 ''B:s-'':17 ''B:so-'':18 ''B:sos-'':19 ''B:soseki'':12 ''C:@japan'':31 ''C:@novels'':32 ''C:j-'':25 ''C:ja-'':26 ''C:jap-'':27 ''C:japan'':21 ''C:n-'':28 ''C:no-'':29 ''C:nov-'':30 ''C:novels'':23 ''D:@en'':48 ''D:a'':34 ''D:his'':36 ''^kokoro'':1 ''a'':34 ''his'':36 ''kokoro'':2 ''natsume'':11 ''secret'':37 ''soseki'':12 ''teacher'':35', 'en', 'kokoro-6a958a98');
INSERT INTO public.books_book VALUES (12, '走れメロス', '', NULL, '', NULL, 'ja', NULL, '', '', NULL, NULL, '2026-11-29 03:05:10.16266+00', '2026-11-29 03:05:10.16266+00', 1, '走れメロス', '太宰 治', 'Short stories', DEFAULT, DEFAULT, '''@ja'':26 ''A:^走れ'':1 ''A:れメ'':3 ''A:ス'':6 ''A:メロ'':4 ''A:ロス'':5 ''A:走れ'':2 ''B:太宰'':8,12 ''B:宰'':9 ''B:宰治'':13 ''B:治'':10,14 ''C:@short-stories'':24 ''C:s-'':19 ''C:sh-'':20 ''C:sho-'':21 ''C:short'':16 ''C:st-'':22 ''C:sto-'':23 ''C:stories'':17 ''D:@ja'':26 ''^走れ'':1 ''れメ'':3 ''ス'':6 ''メロ'':4 ''ロス'':5 ''太宰'':8,12 ''宰'':9 ''宰治'':13 ''治'':10,14 ''走れ'':2', 'ja', '走れメロス-45455b28');
INSERT INTO public.books_book VALUES (13, 'Pride and Prejudice', '', '9780141439518', '', NULL, 'en', NULL, '', '', NULL, NULL, '2026-11-29 03:05:10.16266+00', '2026-11-29 03:05:10.16266+00', 1, 'pride and prejudice', 'Jane Austen', 'Novels', DEFAULT, DEFAULT, '''#0141'':37 ''#1414'':38 ''#1439'':40 ''#3951'':42 ''#4143'':39 ''#4395'':41 ''#7801'':35 ''#8014'':36 ''#9518'':43 ''#9780'':34 ''@en'':44 ''A:^p-'':13 ''A:^pr-'':14 ''A:^pri-'':15 ''A:^pride'':1 ''A:a-'':9 ''A:an-'':10 ''A:and'':3 ''A:and-'':11 ''A:p-'':6 ''A:pr-'':7 ''A:pre-'':12 ''A:prejudice'':4 ''A:pri-'':8 ''A:pride'':2 ''B:a-'':23 ''B:au-'':24 ''B:aus-'':25 ''B:austen'':18 ''B:j-'':20 ''B:ja-'':21 ''B:jan-'':22 ''B:jane'':17 ''C:@novels'':32 ''C:n-'':29 ''C:no-'':30 ''C:nov-'':31 ''C:novels'':27 ''D:@en'':44 ''^pride'':1 ''and'':3 ''austen'':18 ''jane'':17 ''prejudice'':4 ''pride'':2', 'en', 'prideand-a3cb425c');
INSERT INTO public.books_bookauthor VALUES (2, 0, 2, 2);
INSERT INTO public.books_bookauthor VALUES (3, 0, 3, 3);
INSERT INTO public.books_bookauthor VALUES (4, 0, 4, 4);
INSERT INTO public.books_bookauthor VALUES (5, 0, 5, 5);
INSERT INTO public.books_bookauthor VALUES (6, 0, 1, 6);
INSERT INTO public.books_bookauthor VALUES (8, 0, 8, 8);
INSERT INTO public.books_bookauthor VALUES (9, 1, 7, 8);
INSERT INTO public.books_bookauthor VALUES (11, 0, 9, 10);
INSERT INTO public.books_bookauthor VALUES (12, 0, 9, 11);
INSERT INTO public.books_bookauthor VALUES (13, 0, 1, 1);
INSERT INTO public.books_bookauthor VALUES (14, 0, 11, 12);
INSERT INTO public.books_bookauthor VALUES (15, 0, 10, 13);
INSERT INTO public.books_booktopic VALUES (3, 2, 2);
INSERT INTO public.books_booktopic VALUES (4, 3, 3);
INSERT INTO public.books_booktopic VALUES (5, 4, 2);
INSERT INTO public.books_booktopic VALUES (6, 5, 4);
INSERT INTO public.books_booktopic VALUES (7, 1, 1);
INSERT INTO public.books_booktopic VALUES (8, 1, 2);
INSERT INTO public.books_booktopic VALUES (9, 12, 5);
INSERT INTO public.books_booktopic VALUES (10, 13, 2);
INSERT INTO public.books_change VALUES (1, 1, 1, 'added', 'api', '2026-11-29 03:05:05.749356+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (2, 2, 1, 'added', 'api', '2026-11-29 03:05:06.116748+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (3, 3, 1, 'added', 'api', '2026-11-29 03:05:06.436993+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (4, 4, 1, 'added', 'api', '2026-11-29 03:05:06.691069+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (5, 5, 1, 'added', 'api', '2026-11-29 03:05:06.951732+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (6, 6, 1, 'added', 'api', '2026-11-29 03:05:07.163271+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (7, 7, 1, 'added', 'api', '2026-11-29 03:05:07.388988+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (8, 8, 1, 'added', 'api', '2026-11-29 03:05:07.58319+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (9, 9, 1, 'added', 'api', '2026-11-29 03:05:07.791901+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (10, 10, 1, 'added', 'api', '2026-11-29 03:05:07.997492+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (11, 11, 1, 'added', 'api', '2026-11-29 03:05:08.191716+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (12, 1, 2, 'changed', 'api', '2026-11-29 03:05:08.499354+00', '{"title": ["Kokoro", "Kokoro!"]}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (13, 7, 1, 'deleted', 'api', '2026-11-29 03:05:08.747185+00', '{"title": ["To be deleted", ""], "authors": [["Nobody"], []]}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (15, 8, 1, 'merged', 'api', '2026-11-29 03:05:09.277747+00', '{}', NULL, 2, NULL, NULL);
INSERT INTO public.books_change VALUES (14, 9, 1, 'deleted', 'api', '2026-11-29 03:05:09.223561+00', '{"title": ["To be merged", ""], "authors": [["Émile Zola"], []]}', NULL, 2, NULL, 15);
INSERT INTO public.books_change VALUES (16, 12, 1, 'added', 'import', '2026-11-29 03:05:10.262228+00', '{}', NULL, 2, 1, NULL);
INSERT INTO public.books_change VALUES (17, 13, 1, 'added', 'import', '2026-11-29 03:05:10.262228+00', '{}', NULL, 2, 1, NULL);
INSERT INTO public.books_dismissal VALUES (1, 'twins-618c015a', 2, 11);
INSERT INTO public.books_filechunk VALUES (1, 0, '\x78010dcb310ac2301806d03da7c801bec1d88aede8ea20054f90363f35a524d2241ea05dbd84e024284570108f132a1ec3ae0f9ed7be25c8e00fb673d0ae3422412b4d1d644df0f6a82bc77eaf31f6e7385ce2708ffd1bd3f5363d46fe7d7e8046623f5fcf9db79d26c78a4e2be2d2285e74d404a52bc2561ae29be03c19e4eb6c21529126f94a649861674fd43a564a05886502b03fcd8b3a1d', 1);
INSERT INTO public.books_filechunk VALUES (2, 0, '\x780135cbb10d02310c05d0fea4dbc1037c214258003a1a1a26f01193b3143928f64d770523b10215af7fdffd131a4dc05bac7d38d4174b198dad6e5c05d1dffa743435c14ba5150c61ef364f0b17209d3280f3bf5d8c6e8feb9d56764a47ea8352a6a255c30ff3f403bb072472', 2);
INSERT INTO public.books_finding VALUES (1, '9780306406157', '{"isbn13": "9780306406157", "record": {"title": "Found outside"}, "origins": {"title": "Open Library"}, "sources": [{"source": "Open Library", "outcome": "found", "reason": ""}]}', true, '2026-11-29 03:05:12.32075+00');
INSERT INTO public.books_firstanswer VALUES (1, '2:key-0', '5df185e1d6ef42c038764c230d8de62dd4fc1a038ce88899e47243c0d6c5b195', '{"id":1,"url":"/books/1/","title":"Kokoro","subtitle":"","authors":["Natsume Sōseki"],"isbn13":"9780895267153","publisher":"Regnery","published_year":1914,"language":"en","pages":248,"description":"A teacher & his secret.","topics":["japan","novels"],"series":"","series_number":null,"created_at":"2026-11-29T03:05:05.691220Z","updated_at":"2026-11-29T03:05:05.691255Z","version":1}
', '2026-11-29 03:05:05.595124+00');
INSERT INTO public.books_firstanswer VALUES (2, '2:key-1', '5d3432ed3f8d714598dc04c4327b6f6052d2fe0687e9fdeaa635bf327ae9363a', '{"id":2,"url":"/books/2/","title":"吾輩は猫である","subtitle":"","authors":["夏目 漱石"],"isbn13":null,"publisher":"","published_year":1905,"language":"ja","pages":null,"description":"","topics":["novels"],"series":"","series_number":null,"created_at":"2026-11-29T03:05:06.088547Z","updated_at":"2026-11-29T03:05:06.088581Z","version":1}
', '2026-11-29 03:05:06.038896+00');
INSERT INTO public.books_firstanswer VALUES (3, '2:key-2', 'cb2ee6bb37d5b4fab986784fa95ae96514329f4238b1ad39adcf850143738d5f', '{"id":3,"url":"/books/3/","title":"تحفة النظار","subtitle":"","authors":["ابن بطوطة"],"isbn13":null,"publisher":"","published_year":1355,"language":"ar","pages":null,"description":"","topics":["travel"],"series":"","series_number":null,"created_at":"2026-11-29T03:05:06.400925Z","updated_at":"2026-11-29T03:05:06.400946Z","version":1}
', '2026-11-29 03:05:06.317158+00');
INSERT INTO public.books_firstanswer VALUES (4, '2:key-3', '6c2f6c122f5709c67c4fc1e0ca175d90e8f526b67581201cc3b0ee517fcc3136', '{"id":4,"url":"/books/4/","title":"Война и мир","subtitle":"Том 1","authors":["Лев Толстой"],"isbn13":null,"publisher":"","published_year":null,"language":"ru","pages":null,"description":"","topics":["novels"],"series":"Война и мир","series_number":1,"created_at":"2026-11-29T03:05:06.660645Z","updated_at":"2026-11-29T03:05:06.660673Z","version":1}
', '2026-11-29 03:05:06.608981+00');
INSERT INTO public.books_firstanswer VALUES (5, '2:key-4', 'd96b42c73d4cdd979515e06cbda3ed90371130e54e5f7942da1b6410f69b8770', '{"id":5,"url":"/books/5/","title":"De rerum natura","subtitle":"","authors":["Lucretius"],"isbn13":null,"publisher":"","published_year":-55,"language":"la","pages":null,"description":"","topics":["poetry"],"series":"","series_number":null,"created_at":"2026-11-29T03:05:06.923206Z","updated_at":"2026-11-29T03:05:06.923225Z","version":1}
', '2026-11-29 03:05:06.871428+00');
INSERT INTO public.books_firstanswer VALUES (6, '2:key-5', '210b9c8c6289a3ac8879bc9e4c5040824bb233e8a578d89f7f4a35b8ce1f841f', '{"id":6,"url":"/books/6/","title":"Kokoro: a novel","subtitle":"","authors":["Natsume Sōseki"],"isbn13":null,"publisher":"","published_year":null,"language":"","pages":null,"description":"","topics":[],"series":"","series_number":null,"created_at":"2026-11-29T03:05:07.142288Z","updated_at":"2026-11-29T03:05:07.142338Z","version":1}
', '2026-11-29 03:05:07.09964+00');
INSERT INTO public.books_firstanswer VALUES (7, '2:key-6', 'f3707f27556cc92fbc2bd235c438aff0ae45a1a200748aedf59d6b93c2275fb0', '{"id":7,"url":"/books/7/","title":"To be deleted","subtitle":"","authors":["Nobody"],"isbn13":null,"publisher":"","published_year":null,"language":"","pages":null,"description":"","topics":[],"series":"","series_number":null,"created_at":"2026-11-29T03:05:07.371650Z","updated_at":"2026-11-29T03:05:07.371668Z","version":1}
', '2026-11-29 03:05:07.33868+00');
INSERT INTO public.books_firstanswer VALUES (8, '2:key-7', '7db832943d3af7f959eaee56641c85cd77a15a96ef764c6e700bc06e72507efd', '{"id":8,"url":"/books/8/","title":"To be merged","subtitle":"","authors":["Émile Zola","Guy de Maupassant"],"isbn13":null,"publisher":"","published_year":null,"language":"","pages":null,"description":"","topics":[],"series":"","series_number":null,"created_at":"2026-11-29T03:05:07.553829Z","updated_at":"2026-11-29T03:05:07.553855Z","version":1}
', '2026-11-29 03:05:07.527087+00');
INSERT INTO public.books_firstanswer VALUES (9, '2:key-8', '02acd973032949e119dbe0f40b985d1db2bdbf255ae52e35336eff0944487f9b', '{"id":9,"url":"/books/9/","title":"To be merged","subtitle":"","authors":["Émile Zola"],"isbn13":null,"publisher":"","published_year":null,"language":"","pages":null,"description":"","topics":[],"series":"","series_number":null,"created_at":"2026-11-29T03:05:07.767749Z","updated_at":"2026-11-29T03:05:07.767769Z","version":1}
', '2026-11-29 03:05:07.742767+00');
INSERT INTO public.books_firstanswer VALUES (10, '2:key-9', '6357c99df76faada7b58d8c329d5f5b0d836fb2b532c2533547bbaa5c376f723', '{"id":10,"url":"/books/10/","title":"Twins","subtitle":"","authors":["A"],"isbn13":null,"publisher":"","published_year":null,"language":"","pages":null,"description":"","topics":[],"series":"","series_number":null,"created_at":"2026-11-29T03:05:07.980683Z","updated_at":"2026-11-29T03:05:07.980702Z","version":1}
', '2026-11-29 03:05:07.945098+00');
INSERT INTO public.books_firstanswer VALUES (11, '2:key-10', '6357c99df76faada7b58d8c329d5f5b0d836fb2b532c2533547bbaa5c376f723', '{"id":11,"url":"/books/11/","title":"Twins","subtitle":"","authors":["A"],"isbn13":null,"publisher":"","published_year":null,"language":"","pages":null,"description":"","topics":[],"series":"","series_number":null,"created_at":"2026-11-29T03:05:08.171541Z","updated_at":"2026-11-29T03:05:08.171568Z","version":1}
', '2026-11-29 03:05:08.154602+00');
INSERT INTO public.books_job VALUES (1, 'import-1', 'import', 'books.jobs.importing.import_', '{"format": "", "dry_run": false, "mapping": {}}', '155138437f93928558258038fcc28898056770467dcfc00c919e45d7dd8e9600', 'default', 0, 'api', 'succeeded', NULL, '', 1, 1, false, 3, 3, '3 rows: 2 created, 0 updated, 0 unchanged, 1 rejected', '["03:05:10 3 rows: 2 created, 0 updated, 0 unchanged, 1 rejected"]', '{"first": [{"line": 4, "field": "isbn13", "reason": "An ISBN has 10 or 13 digits."}], "import": {"size": 149, "lines": 4, "start": 149, "claims": {"books": {"0": "eAHt0IEMAAAAArCQ8qfLo/0IT4MBAwYMGDBgwIABAwYMGDBwPjAP/QAx"}, "foreign": {}}, "totals": [2, 0, 0, 1, 0, 0]}}', '{"rows": 3, "notes": 0, "format": "csv", "created": 2, "dry_run": false, "similar": 0, "updated": 0, "rejected": 1, "unchanged": 0, "first_rejects": [{"line": 4, "field": "isbn13", "reason": "An ISBN has 10 or 13 digits."}]}', '', '', '2026-11-29 03:05:09.626903+00', '2026-11-29 03:05:09.882026+00', '2026-11-29 03:05:10.359557+00', 2);
INSERT INTO public.books_job VALUES (2, 'waiting', 'clock', 'books.jobs.clock.clock', '{"seconds": 3}', '6d89cd97654f3bbc8bc123ec05a52a50554b0932a04e3c11c45ab71e721c4076', 'default', 0, 'api', 'queued', '2026-11-29 03:05:10.450019+00', '', 0, 0, false, 0, NULL, '', '[]', '{}', NULL, '', '', '2026-11-29 03:05:10.450019+00', NULL, NULL, 2);
INSERT INTO public.books_jobfile VALUES (1, 'books.csv', 149, '7dbaa229715bef441a4598cbf3bd041ed84e405871e1e6ea19963dde76df323a', '2026-11-29 03:05:09.590095+00', 1);
INSERT INTO public.books_jobfile VALUES (2, 'books.csv.rejects.csv', 109, '', '2026-11-29 03:05:10.308651+00', 1);
INSERT INTO public.books_source VALUES (1, 'openlibrary', NULL, 0, NULL);
INSERT INTO public.books_token VALUES (1, 'script', '34c5ebcb2523c13fb2f236cdb2c1c101c7112ecc8b39ef915f03d2525cc25ea1', 'read write', '2026-11-29 03:05:10.482184+00', NULL, NULL, NULL, 2);
INSERT INTO public.books_topic VALUES (1, 'Japan', 'japan');
INSERT INTO public.books_topic VALUES (2, 'Novels', 'novels');
INSERT INTO public.books_topic VALUES (3, 'Travel', 'travel');
INSERT INTO public.books_topic VALUES (4, 'Poetry', 'poetry');
INSERT INTO public.books_topic VALUES (5, 'Short stories', 'short-stories');
INSERT INTO public.books_tries VALUES (1, 'a15c9f518da60f6e69e3d5c2f986dc42fec4073cccab1817934a5ca28f03753d', 1, '2026-11-29 03:05:10.490738+00');
INSERT INTO public.books_tries VALUES (2, 'e3974ec7f537d4e345a98a2b5de9dfb8590384e82e513bcef9aa296447082395', 1, '2026-11-29 03:05:10.490738+00');
INSERT INTO public.books_worker VALUES (1, 'old', '2026-11-29 03:05:12.297116+00');
INSERT INTO public.django_admin_log VALUES (1, '2026-11-29 03:05:12.259831+00', '1', 'reader', 2, '[{"changed": {"fields": ["x"]}}]', 22, 1);
INSERT INTO public.django_admin_log VALUES (2, '2026-11-29 03:05:12.275028+00', '1', 'Kokoro!', 2, '[{"changed": {"fields": ["x"]}}]', 2, 1);
INSERT INTO public.django_admin_log VALUES (3, '2026-11-29 03:05:12.287014+00', '1', 'librarian', 2, '[{"changed": {"fields": ["x"]}}]', 10, 1);
INSERT INTO public.django_content_type VALUES (1, 'books', 'author');
INSERT INTO public.django_content_type VALUES (2, 'books', 'book');
INSERT INTO public.django_content_type VALUES (3, 'books', 'bookauthor');
INSERT INTO public.django_content_type VALUES (4, 'books', 'booktopic');
INSERT INTO public.django_content_type VALUES (5, 'books', 'change');
INSERT INTO public.django_content_type VALUES (6, 'books', 'firstanswer');
INSERT INTO public.django_content_type VALUES (7, 'books', 'ownerinvitation');
INSERT INTO public.django_content_type VALUES (8, 'books', 'token');
INSERT INTO public.django_content_type VALUES (9, 'books', 'topic');
INSERT INTO public.django_content_type VALUES (10, 'books', 'tries');
INSERT INTO public.django_content_type VALUES (11, 'books', 'filechunk');
INSERT INTO public.django_content_type VALUES (12, 'books', 'job');
INSERT INTO public.django_content_type VALUES (13, 'books', 'jobfile');
INSERT INTO public.django_content_type VALUES (14, 'books', 'worker');
INSERT INTO public.django_content_type VALUES (15, 'procrastinate', 'procrastinateevent');
INSERT INTO public.django_content_type VALUES (16, 'procrastinate', 'procrastinatejob');
INSERT INTO public.django_content_type VALUES (17, 'procrastinate', 'procrastinateperiodicdefer');
INSERT INTO public.django_content_type VALUES (18, 'procrastinate', 'procrastinateworker');
INSERT INTO public.django_content_type VALUES (19, 'admin', 'logentry');
INSERT INTO public.django_content_type VALUES (20, 'auth', 'group');
INSERT INTO public.django_content_type VALUES (21, 'auth', 'permission');
INSERT INTO public.django_content_type VALUES (22, 'auth', 'user');
INSERT INTO public.django_content_type VALUES (23, 'contenttypes', 'contenttype');
INSERT INTO public.django_content_type VALUES (24, 'sessions', 'session');
INSERT INTO public.django_content_type VALUES (25, 'books', 'dismissal');
INSERT INTO public.django_content_type VALUES (26, 'books', 'finding');
INSERT INTO public.django_content_type VALUES (27, 'books', 'source');
INSERT INTO public.django_content_type VALUES (28, 'books', 'words');
INSERT INTO public.django_migrations VALUES (1, 'contenttypes', '0001_initial', '2026-11-29 03:04:41.141577+00');
INSERT INTO public.django_migrations VALUES (2, 'auth', '0001_initial', '2026-11-29 03:04:41.471597+00');
INSERT INTO public.django_migrations VALUES (3, 'admin', '0001_initial', '2026-11-29 03:04:41.586577+00');
INSERT INTO public.django_migrations VALUES (4, 'admin', '0002_logentry_remove_auto_add', '2026-11-29 03:04:41.638167+00');
INSERT INTO public.django_migrations VALUES (5, 'admin', '0003_logentry_add_action_flag_choices', '2026-11-29 03:04:41.695396+00');
INSERT INTO public.django_migrations VALUES (6, 'contenttypes', '0002_remove_content_type_name', '2026-11-29 03:04:41.82677+00');
INSERT INTO public.django_migrations VALUES (7, 'auth', '0002_alter_permission_name_max_length', '2026-11-29 03:04:41.894439+00');
INSERT INTO public.django_migrations VALUES (8, 'auth', '0003_alter_user_email_max_length', '2026-11-29 03:04:41.955291+00');
INSERT INTO public.django_migrations VALUES (9, 'auth', '0004_alter_user_username_opts', '2026-11-29 03:04:41.994367+00');
INSERT INTO public.django_migrations VALUES (10, 'auth', '0005_alter_user_last_login_null', '2026-11-29 03:04:42.077805+00');
INSERT INTO public.django_migrations VALUES (11, 'auth', '0006_require_contenttypes_0002', '2026-11-29 03:04:42.078991+00');
INSERT INTO public.django_migrations VALUES (12, 'auth', '0007_alter_validators_add_error_messages', '2026-11-29 03:04:42.112223+00');
INSERT INTO public.django_migrations VALUES (13, 'auth', '0008_alter_user_username_max_length', '2026-11-29 03:04:42.162655+00');
INSERT INTO public.django_migrations VALUES (14, 'auth', '0009_alter_user_last_name_max_length', '2026-11-29 03:04:42.227635+00');
INSERT INTO public.django_migrations VALUES (15, 'auth', '0010_alter_group_name_max_length', '2026-11-29 03:04:42.286517+00');
INSERT INTO public.django_migrations VALUES (16, 'auth', '0011_update_proxy_permissions', '2026-11-29 03:04:42.342265+00');
INSERT INTO public.django_migrations VALUES (17, 'auth', '0012_alter_user_first_name_max_length', '2026-11-29 03:04:42.411086+00');
INSERT INTO public.django_migrations VALUES (18, 'books', '0001_catalogue', '2026-11-29 03:04:43.243477+00');
INSERT INTO public.django_migrations VALUES (19, 'books', '0002_accounts_and_history', '2026-11-29 03:04:43.511252+00');
INSERT INTO public.django_migrations VALUES (20, 'books', '0003_librarians', '2026-11-29 03:04:43.722666+00');
INSERT INTO public.django_migrations VALUES (21, 'books', '0004_jobs', '2026-11-29 03:04:44.603547+00');
INSERT INTO public.django_migrations VALUES (22, 'books', '0005_revision', '2026-11-29 03:04:44.76416+00');
INSERT INTO public.django_migrations VALUES (23, 'books', '0006_lookup', '2026-11-29 03:04:44.994769+00');
INSERT INTO public.django_migrations VALUES (24, 'books', '0007_search', '2026-11-29 03:04:45.887182+00');
INSERT INTO public.django_migrations VALUES (25, 'books', '0008_duplicates', '2026-11-29 03:04:47.058628+00');
INSERT INTO public.django_migrations VALUES (26, 'procrastinate', '0001_initial', '2026-11-29 03:04:47.282683+00');
INSERT INTO public.django_migrations VALUES (27, 'procrastinate', '0002_drop_started_at_column', '2026-11-29 03:04:47.409619+00');
INSERT INTO public.django_migrations VALUES (28, 'procrastinate', '0003_drop_started_at_column', '2026-11-29 03:04:47.440415+00');
INSERT INTO public.django_migrations VALUES (29, 'procrastinate', '0004_drop_procrastinate_version_table', '2026-11-29 03:04:47.462539+00');
INSERT INTO public.django_migrations VALUES (30, 'procrastinate', '0005_fix_procrastinate_fetch_job', '2026-11-29 03:04:47.479115+00');
INSERT INTO public.django_migrations VALUES (31, 'procrastinate', '0006_fix_trigger_status_events_insert', '2026-11-29 03:04:47.520034+00');
INSERT INTO public.django_migrations VALUES (32, 'procrastinate', '0007_add_queueing_lock_column', '2026-11-29 03:04:47.558462+00');
INSERT INTO public.django_migrations VALUES (33, 'procrastinate', '0008_close_fetch_job_race_condition', '2026-11-29 03:04:47.590191+00');
INSERT INTO public.django_migrations VALUES (34, 'procrastinate', '0009_add_defer_job_function', '2026-11-29 03:04:47.611523+00');
INSERT INTO public.django_migrations VALUES (35, 'procrastinate', '0010_add_procrastinate_periodic_defers', '2026-11-29 03:04:47.648394+00');
INSERT INTO public.django_migrations VALUES (36, 'procrastinate', '0011_add_foreign_key_index', '2026-11-29 03:04:47.68249+00');
INSERT INTO public.django_migrations VALUES (37, 'procrastinate', '0012_add_locks_to_periodic_defer', '2026-11-29 03:04:47.714466+00');
INSERT INTO public.django_migrations VALUES (38, 'procrastinate', '0013_fix_procrastinate_defer_periodic_job', '2026-11-29 03:04:47.73446+00');
INSERT INTO public.django_migrations VALUES (39, 'procrastinate', '0014_add_finish_job_and_retry_job_functions', '2026-11-29 03:04:47.767106+00');
INSERT INTO public.django_migrations VALUES (40, 'procrastinate', '0015_add_trigger_on_job_deletion', '2026-11-29 03:04:47.80301+00');
INSERT INTO public.django_migrations VALUES (41, 'procrastinate', '0016_delete_finished_jobs', '2026-11-29 03:04:47.834475+00');
INSERT INTO public.django_migrations VALUES (42, 'procrastinate', '0017_add_checks_to_finish_job', '2026-11-29 03:04:47.86941+00');
INSERT INTO public.django_migrations VALUES (43, 'procrastinate', '0018_add_checks_to_retry_job', '2026-11-29 03:04:47.90037+00');
INSERT INTO public.django_migrations VALUES (44, 'procrastinate', '0019_fix_finish_job_compat_issue', '2026-11-29 03:04:47.938526+00');
INSERT INTO public.django_migrations VALUES (45, 'procrastinate', '0020_add_index_on_procrastinate_jobs', '2026-11-29 03:04:47.977218+00');
INSERT INTO public.django_migrations VALUES (46, 'procrastinate', '0021_add_kwargs_to_defer_periodic_job', '2026-11-29 03:04:48.02348+00');
INSERT INTO public.django_migrations VALUES (47, 'procrastinate', '0022_null_locks_excluded', '2026-11-29 03:04:48.075823+00');
INSERT INTO public.django_migrations VALUES (48, 'procrastinate', '0023_remove_old_finish_job_function', '2026-11-29 03:04:48.114957+00');
INSERT INTO public.django_migrations VALUES (49, 'procrastinate', '0024_job_id_bigint', '2026-11-29 03:04:48.199156+00');
INSERT INTO public.django_migrations VALUES (50, 'procrastinate', '0025_add_models', '2026-11-29 03:04:48.242243+00');
INSERT INTO public.django_migrations VALUES (51, 'procrastinate', '0026_add_job_priority', '2026-11-29 03:04:48.304832+00');
INSERT INTO public.django_migrations VALUES (52, 'procrastinate', '0027_add_periodic_job_priority', '2026-11-29 03:04:48.32568+00');
INSERT INTO public.django_migrations VALUES (53, 'procrastinate', '0028_add_cancel_states', '2026-11-29 03:04:48.393828+00');
INSERT INTO public.django_migrations VALUES (54, 'procrastinate', '0029_add_additional_params_to_retry_job', '2026-11-29 03:04:48.419423+00');
INSERT INTO public.django_migrations VALUES (55, 'procrastinate', '0030_alter_procrastinateevent_options', '2026-11-29 03:04:48.441162+00');
INSERT INTO public.django_migrations VALUES (56, 'procrastinate', '0031_add_indexes_for_fetch_job', '2026-11-29 03:04:48.480557+00');
INSERT INTO public.django_migrations VALUES (57, 'procrastinate', '0032_pre_cancel_notification', '2026-11-29 03:04:48.541079+00');
INSERT INTO public.django_migrations VALUES (58, 'procrastinate', '0033_post_cancel_notification', '2026-11-29 03:04:48.654027+00');
INSERT INTO public.django_migrations VALUES (59, 'procrastinate', '0034_pre_add_heartbeat', '2026-11-29 03:04:48.727477+00');
INSERT INTO public.django_migrations VALUES (60, 'procrastinate', '0035_post_add_heartbeat', '2026-11-29 03:04:48.737438+00');
INSERT INTO public.django_migrations VALUES (61, 'procrastinate', '0036_add_worker_model', '2026-11-29 03:04:48.785119+00');
INSERT INTO public.django_migrations VALUES (62, 'procrastinate', '0037_pre_batch_defer_jobs', '2026-11-29 03:04:48.816248+00');
INSERT INTO public.django_migrations VALUES (63, 'procrastinate', '0038_post_batch_defer_jobs', '2026-11-29 03:04:48.843053+00');
INSERT INTO public.django_migrations VALUES (64, 'procrastinate', '0039_pre_priority_lock_fetch_job', '2026-11-29 03:04:48.860048+00');
INSERT INTO public.django_migrations VALUES (65, 'procrastinate', '0040_pre_retry_failed_job', '2026-11-29 03:04:48.876625+00');
INSERT INTO public.django_migrations VALUES (66, 'procrastinate', '0041_post_retry_failed_job', '2026-11-29 03:04:48.888144+00');
INSERT INTO public.django_migrations VALUES (67, 'sessions', '0001_initial', '2026-11-29 03:04:48.940448+00');
INSERT INTO public.django_session VALUES ('emdljn9ayorwkm1u9doysu65hlhchy7o', '.eJxVjDsOwjAQBe_iGllLvP5R0ucM1sa7wQFkS_lUiLtDpBTQvpl5L5VoW0vaFpnTxOqiOnX63QbKD6k74DvVW9O51XWeBr0r-qCL7hvL83q4fweFlvKtHaBwlggZow0GrfHCcQCJ5EcCspCNDzaCEJ670ZvIAdl5yQzoENX7A9z2N4Q:1xXVDr:jEg82CwxjxJ6GLc-OGJt5oyUIY1RQvvelsn8WwGLwXk', '2026-12-13 03:05:03.004527+00');
INSERT INTO public.procrastinate_events VALUES (1, 1, 'scheduled', '2026-11-29 03:05:09.626903+00');
INSERT INTO public.procrastinate_events VALUES (2, 1, 'deferred', '2026-11-29 03:05:09.613329+00');
INSERT INTO public.procrastinate_events VALUES (3, 2, 'scheduled', '2026-11-29 03:05:10.450019+00');
INSERT INTO public.procrastinate_events VALUES (4, 2, 'deferred', '2026-11-29 03:05:10.44604+00');
INSERT INTO public.procrastinate_jobs VALUES (1, 'default', 'books.try_job', NULL, '{"pk": 1}', 'todo', '2026-11-29 03:05:09.626903+00', 0, '1', 0, false, NULL);
INSERT INTO public.procrastinate_jobs VALUES (2, 'default', 'books.try_job', NULL, '{"pk": 2}', 'todo', '2026-11-29 03:05:10.450019+00', 0, '2', 0, false, NULL);
SELECT pg_catalog.setval('public.auth_group_id_seq', 1, true);
SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 7, true);
SELECT pg_catalog.setval('public.auth_permission_id_seq', 112, true);
SELECT pg_catalog.setval('public.auth_user_groups_id_seq', 1, true);
SELECT pg_catalog.setval('public.auth_user_id_seq', 3, true);
SELECT pg_catalog.setval('public.auth_user_user_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.books_author_id_seq', 11, true);
SELECT pg_catalog.setval('public.books_book_id_seq', 13, true);
SELECT pg_catalog.setval('public.books_bookauthor_id_seq', 15, true);
SELECT pg_catalog.setval('public.books_booktopic_id_seq', 10, true);
SELECT pg_catalog.setval('public.books_change_id_seq', 17, true);
SELECT pg_catalog.setval('public.books_dismissal_id_seq', 1, true);
SELECT pg_catalog.setval('public.books_filechunk_id_seq', 2, true);
SELECT pg_catalog.setval('public.books_finding_id_seq', 1, true);
SELECT pg_catalog.setval('public.books_firstanswer_id_seq', 11, true);
SELECT pg_catalog.setval('public.books_job_id_seq', 2, true);
SELECT pg_catalog.setval('public.books_jobfile_id_seq', 2, true);
SELECT pg_catalog.setval('public.books_ownerinvitation_id_seq', 1, false);
SELECT pg_catalog.setval('public.books_source_id_seq', 1, true);
SELECT pg_catalog.setval('public.books_token_id_seq', 1, true);
SELECT pg_catalog.setval('public.books_topic_id_seq', 5, true);
SELECT pg_catalog.setval('public.books_tries_id_seq', 2, true);
SELECT pg_catalog.setval('public.books_worker_id_seq', 1, true);
SELECT pg_catalog.setval('public.django_admin_log_id_seq', 3, true);
SELECT pg_catalog.setval('public.django_content_type_id_seq', 28, true);
SELECT pg_catalog.setval('public.django_migrations_id_seq', 67, true);
SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 4, true);
SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 2, true);
SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 1, false);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_group_id_94350c0c_uniq UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_permission_id_14a6b632_uniq UNIQUE (user_id, permission_id);
ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_username_key UNIQUE (username);
ALTER TABLE ONLY public.books_bookauthor
    ADD CONSTRAINT author_once_a_book UNIQUE (author_id, book_id);
ALTER TABLE ONLY public.books_author
    ADD CONSTRAINT books_author_name_key UNIQUE (name);
ALTER TABLE ONLY public.books_author
    ADD CONSTRAINT books_author_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_book
    ADD CONSTRAINT books_book_isbn13_key UNIQUE (isbn13);
ALTER TABLE ONLY public.books_book
    ADD CONSTRAINT books_book_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_book
    ADD CONSTRAINT books_book_source_key_key UNIQUE (source_key);
ALTER TABLE ONLY public.books_bookauthor
    ADD CONSTRAINT books_bookauthor_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_booktopic
    ADD CONSTRAINT books_booktopic_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_change
    ADD CONSTRAINT books_change_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_dismissal
    ADD CONSTRAINT books_dismissal_fingerprint_key UNIQUE (fingerprint);
ALTER TABLE ONLY public.books_dismissal
    ADD CONSTRAINT books_dismissal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_filechunk
    ADD CONSTRAINT books_filechunk_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_finding
    ADD CONSTRAINT books_finding_isbn13_key UNIQUE (isbn13);
ALTER TABLE ONLY public.books_finding
    ADD CONSTRAINT books_finding_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_firstanswer
    ADD CONSTRAINT books_firstanswer_key_key UNIQUE (key);
ALTER TABLE ONLY public.books_firstanswer
    ADD CONSTRAINT books_firstanswer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_job
    ADD CONSTRAINT books_job_key_key UNIQUE (key);
ALTER TABLE ONLY public.books_job
    ADD CONSTRAINT books_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_jobfile
    ADD CONSTRAINT books_jobfile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_ownerinvitation
    ADD CONSTRAINT books_ownerinvitation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_source
    ADD CONSTRAINT books_source_name_key UNIQUE (name);
ALTER TABLE ONLY public.books_source
    ADD CONSTRAINT books_source_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_token
    ADD CONSTRAINT books_token_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.books_token
    ADD CONSTRAINT books_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_topic
    ADD CONSTRAINT books_topic_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_topic
    ADD CONSTRAINT books_topic_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.books_tries
    ADD CONSTRAINT books_tries_key_key UNIQUE (key);
ALTER TABLE ONLY public.books_tries
    ADD CONSTRAINT books_tries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_worker
    ADD CONSTRAINT books_worker_name_key UNIQUE (name);
ALTER TABLE ONLY public.books_worker
    ADD CONSTRAINT books_worker_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_filechunk
    ADD CONSTRAINT chunk_once_a_file UNIQUE (file_id, "offset");
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.books_jobfile
    ADD CONSTRAINT file_once_a_job UNIQUE (job_id, name);
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);
ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.books_booktopic
    ADD CONSTRAINT topic_once_a_book UNIQUE (topic_id, book_id);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX auth_user_groups_group_id_97559544 ON public.auth_user_groups USING btree (group_id);
CREATE INDEX auth_user_groups_user_id_6a12ed8b ON public.auth_user_groups USING btree (user_id);
CREATE INDEX auth_user_user_permissions_permission_id_1fbb5f2c ON public.auth_user_user_permissions USING btree (permission_id);
CREATE INDEX auth_user_user_permissions_user_id_a95ead1b ON public.auth_user_user_permissions USING btree (user_id);
CREATE INDEX auth_user_username_6821ab7c_like ON public.auth_user USING btree (username varchar_pattern_ops);
CREATE INDEX author_by_name ON public.books_author USING btree (name_key, id);
CREATE INDEX book_by_fingerprint ON public.books_book USING btree (fingerprint, id);
CREATE INDEX book_by_series ON public.books_book USING btree (series) WHERE (NOT ((series)::text = ''::text));
CREATE INDEX book_by_title ON public.books_book USING btree (title_key, id);
CREATE INDEX book_by_tongue ON public.books_book USING btree (tongue, title_key, id);
CREATE INDEX book_by_words ON public.books_book USING gin (words);
CREATE INDEX book_by_year ON public.books_book USING btree (year_or_last, id);
CREATE INDEX book_by_year_down ON public.books_book USING btree (year_or_first, id);
CREATE INDEX book_without_words ON public.books_book USING btree (id) WHERE (words IS NULL);
CREATE INDEX books_author_name_76345efa_like ON public.books_author USING btree (name varchar_pattern_ops);
CREATE INDEX books_book_isbn13_fa10ae74_like ON public.books_book USING btree (isbn13 varchar_pattern_ops);
CREATE INDEX books_book_source_key_1563a4c2_like ON public.books_book USING btree (source_key varchar_pattern_ops);
CREATE INDEX books_bookauthor_book_id_e433829e ON public.books_bookauthor USING btree (book_id);
CREATE INDEX books_booktopic_book_id_248b5060 ON public.books_booktopic USING btree (book_id);
CREATE INDEX books_change_undoes_id_bd965f7c ON public.books_change USING btree (undoes_id);
CREATE INDEX books_change_user_id_1991d28b ON public.books_change USING btree (user_id);
CREATE INDEX books_dismissal_fingerprint_79c0c2a4_like ON public.books_dismissal USING btree (fingerprint varchar_pattern_ops);
CREATE INDEX books_finding_at_921b1c44 ON public.books_finding USING btree (at);
CREATE INDEX books_finding_isbn13_69f26ec7_like ON public.books_finding USING btree (isbn13 varchar_pattern_ops);
CREATE INDEX books_firstanswer_created_at_54eea254 ON public.books_firstanswer USING btree (created_at);
CREATE INDEX books_firstanswer_key_b63cf750_like ON public.books_firstanswer USING btree (key varchar_pattern_ops);
CREATE INDEX books_job_created_by_id_0176825a ON public.books_job USING btree (created_by_id);
CREATE INDEX books_job_due_at_12256e13 ON public.books_job USING btree (due_at);
CREATE INDEX books_job_finished_at_56b7f68b ON public.books_job USING btree (finished_at);
CREATE INDEX books_job_key_6c532e71_like ON public.books_job USING btree (key varchar_pattern_ops);
CREATE INDEX books_source_name_1ccbe336_like ON public.books_source USING btree (name varchar_pattern_ops);
CREATE INDEX books_token_digest_f97bdb0f_like ON public.books_token USING btree (digest varchar_pattern_ops);
CREATE INDEX books_token_user_id_18275bca ON public.books_token USING btree (user_id);
CREATE INDEX books_topic_slug_8a272f8b_like ON public.books_topic USING btree (slug varchar_pattern_ops);
CREATE INDEX books_tries_key_d260a7a6_like ON public.books_tries USING btree (key varchar_pattern_ops);
CREATE INDEX books_tries_since_c5087129 ON public.books_tries USING btree (since);
CREATE INDEX books_worker_name_84a63d41_like ON public.books_worker USING btree (name varchar_pattern_ops);
CREATE INDEX changes_of_a_book ON public.books_change USING btree (book_id, id DESC);
CREATE INDEX changes_of_a_job ON public.books_change USING btree (job_id, book_id) WHERE (job_id IS NOT NULL);
CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);
CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));
CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);
CREATE INDEX parts_of_a_merge ON public.books_change USING btree (part_of_id) WHERE (part_of_id IS NOT NULL);
CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);
CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));
CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);
CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);
CREATE TRIGGER books_forget_words BEFORE UPDATE OF title, subtitle, series, author_names, topic_names, description, isbn13, language, published_year ON public.books_book FOR EACH ROW WHEN ((((((((((((old.title)::text IS DISTINCT FROM (new.title)::text) OR ((old.subtitle)::text IS DISTINCT FROM (new.subtitle)::text)) OR ((old.series)::text IS DISTINCT FROM (new.series)::text)) OR (old.author_names IS DISTINCT FROM new.author_names)) OR (old.topic_names IS DISTINCT FROM new.topic_names)) OR (old.description IS DISTINCT FROM new.description)) OR ((old.isbn13)::text IS DISTINCT FROM (new.isbn13)::text)) OR ((old.language)::text IS DISTINCT FROM (new.language)::text)) OR (old.published_year IS DISTINCT FROM new.published_year)) AND (NOT (old.words IS DISTINCT FROM new.words)))) EXECUTE FUNCTION public.books_forget_words();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();
CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();
CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();
CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();
CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();
CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();
CREATE TRIGGER revise_books_author AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.books_author FOR EACH STATEMENT EXECUTE FUNCTION public.books_revise('books');
CREATE TRIGGER revise_books_book AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.books_book FOR EACH STATEMENT EXECUTE FUNCTION public.books_revise('books');
CREATE TRIGGER revise_books_bookauthor AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.books_bookauthor FOR EACH STATEMENT EXECUTE FUNCTION public.books_revise('books');
CREATE TRIGGER revise_books_booktopic AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.books_booktopic FOR EACH STATEMENT EXECUTE FUNCTION public.books_revise('topics');
CREATE TRIGGER revise_books_topic AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.books_topic FOR EACH STATEMENT EXECUTE FUNCTION public.books_revise('topics');
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_group_id_97559544_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_6a12ed8b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_bookauthor
    ADD CONSTRAINT books_bookauthor_author_id_1fad7327_fk_books_author_id FOREIGN KEY (author_id) REFERENCES public.books_author(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_bookauthor
    ADD CONSTRAINT books_bookauthor_book_id_e433829e_fk_books_book_id FOREIGN KEY (book_id) REFERENCES public.books_book(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_booktopic
    ADD CONSTRAINT books_booktopic_book_id_248b5060_fk_books_book_id FOREIGN KEY (book_id) REFERENCES public.books_book(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_booktopic
    ADD CONSTRAINT books_booktopic_topic_id_90b5dbf4_fk_books_topic_id FOREIGN KEY (topic_id) REFERENCES public.books_topic(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_change
    ADD CONSTRAINT books_change_part_of_id_979848d9_fk_books_change_id FOREIGN KEY (part_of_id) REFERENCES public.books_change(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_change
    ADD CONSTRAINT books_change_undoes_id_bd965f7c_fk_books_change_id FOREIGN KEY (undoes_id) REFERENCES public.books_change(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_change
    ADD CONSTRAINT books_change_user_id_1991d28b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_filechunk
    ADD CONSTRAINT books_filechunk_file_id_db9c0ecb_fk_books_jobfile_id FOREIGN KEY (file_id) REFERENCES public.books_jobfile(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_job
    ADD CONSTRAINT books_job_created_by_id_0176825a_fk_auth_user_id FOREIGN KEY (created_by_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_jobfile
    ADD CONSTRAINT books_jobfile_job_id_5ba4038b_fk_books_job_id FOREIGN KEY (job_id) REFERENCES public.books_job(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.books_token
    ADD CONSTRAINT books_token_user_id_18275bca_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);
