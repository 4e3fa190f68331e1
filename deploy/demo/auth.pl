#!/usr/bin/perl
# The demo's auth server: one user, one mail server for each protocol. Debian always has perl.
# usage: auth.pl PORT LOGIN PASSWORD imap=PORT pop3=PORT smtp=PORT
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $login, $password, @servers) = @ARGV;
my %port_of = map { split /=/ } @servers;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 10, ReuseAddr => 1) or die "port $port: $!\n";

while (my $client = $listener->accept) {
    my %header;
    while (my $line = <$client>) {
        last unless $line =~ /^\S/;
        $header{lc $1} = $2 if $line =~ /^([^:]+): (.*?)\r?$/;
    }
    s/%([0-9A-Fa-f]{2})/chr hex $1/ge for @header{grep { exists $header{$_} } 'auth-user', 'auth-pass'};
    my $known = ($header{'auth-user'} // '') eq $login && ($header{'auth-pass'} // '') eq $password;
    my $upstream = $port_of{$header{'auth-protocol'} // ''};
    print $client "HTTP/1.0 200 OK\r\n",
        $known && $upstream
        ? "Auth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: $upstream\r\n"
        : "Auth-Status: Invalid login or password\r\nAuth-Wait: 1\r\n", "\r\n";
    close $client;
}
