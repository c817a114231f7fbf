{{ stage('ex') }}
