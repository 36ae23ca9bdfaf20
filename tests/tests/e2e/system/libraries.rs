//! Libraries of pages that add headers to requests.

/// The request headers that are not safe for every origin, by the library whose
/// requests have them.
pub(crate) const LIBRARIES: [(&str, &str); 28] = [
    ("fetch", "authorization,content-type"),
    (
        "fetch, revalidating",
        "authorization,cache-control,pragma,if-none-match,if-modified-since",
    ),
    (
        "axios",
        "authorization,content-type,x-requested-with,x-xsrf-token",
    ),
    ("Angular", "authorization,content-type,x-xsrf-token"),
    ("jQuery", "authorization,x-csrf-token,x-requested-with"),
    (
        "blueimp File Upload",
        "authorization,content-disposition,content-range,x-requested-with",
    ),
    ("Dropzone", "authorization,cache-control,x-requested-with"),
    (
        "Fine Uploader",
        "authorization,cache-control,content-type,x-mime-type,x-requested-with",
    ),
    (
        "Simple Ajax Uploader",
        "authorization,cache-control,x-file-name,x-requested-with",
    ),
    ("resumable.js", "authorization,x-csrf-token"),
    (
        "Uppy",
        "authorization,content-type,uppy-auth-token,uppy-versions,x-requested-with",
    ),
    (
        "FilePond",
        "authorization,upload-length,upload-name,upload-offset",
    ),
    (
        "tus-js",
        "tus-resumable,upload-length,upload-metadata,upload-offset,x-http-method-override",
    ),
    (
        "resumable uploads of the IETF",
        "upload-complete,upload-draft-interop-version,upload-length,upload-offset",
    ),
    (
        "Active Storage",
        "authorization,content-disposition,content-md5,x-csrf-token",
    ),
    (
        "checksums",
        "authorization,content-digest,digest,repr-digest,want-repr-digest",
    ),
    (
        "OpenTelemetry",
        "authorization,b3,baggage,traceparent,tracestate",
    ),
    (
        "Zipkin",
        "authorization,x-b3-parentspanid,x-b3-sampled,x-b3-spanid,x-b3-traceid",
    ),
    ("Jaeger", "authorization,jaeger-debug-id,uber-trace-id"),
    ("Sentry", "authorization,baggage,sentry-trace"),
    (
        "Elastic APM",
        "authorization,elastic-apm-traceparent,traceparent,tracestate",
    ),
    (
        "Application Insights",
        "authorization,request-context,request-id,traceparent",
    ),
    (
        "Datadog, New Relic",
        "newrelic,x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-trace-id",
    ),
    (
        "cloud traces",
        "authorization,x-amzn-trace-id,x-cloud-trace-context,x-correlation-id",
    ),
    (
        "AWS SDK",
        "amz-sdk-invocation-id,amz-sdk-request,x-amz-content-sha256,x-amz-date,x-amz-user-agent",
    ),
    (
        "Azure SDK",
        "x-ms-blob-type,x-ms-client-request-id,x-ms-date,x-ms-version",
    ),
    (
        "Supabase, Firebase",
        "apikey,authorization,x-client-info,x-goog-upload-command,x-goog-upload-protocol,x-upsert",
    ),
    (
        "an API gateway",
        "authorization,idempotency-key,x-api-key,x-request-id,x-tenant-id",
    ),
];
