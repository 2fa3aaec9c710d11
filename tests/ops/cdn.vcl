vcl 4.1;
# What docs/guide/embed.md asks of a CDN, and no more. Collapsing equal requests is Varnish's default, and
# so are Cache-Control with stale-while-revalidate, Vary, and passing what has Authorization.

backend ticker {
  .host = "127.0.0.1";
  .port = "UPSTREAM";
}

sub vcl_recv {
  set req.http.X-Forwarded-For = client.ip; # overwritten: what the client claims ends here
  if (req.url ~ "^/v1/(ws|events)(\?|$)") {
    return (pipe);
  }
}

sub vcl_pipe {
  if (req.http.Upgrade) {
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = req.http.Connection;
  }
}
