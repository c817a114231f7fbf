{{ stage('ip_log') }}
