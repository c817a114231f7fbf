{{ stage('screening_log') }}
